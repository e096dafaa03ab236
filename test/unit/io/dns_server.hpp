#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "unit/io/socket_support.hpp"

namespace weir::test {

// A DNS server that the test plays: knows one name, with one IPv4 address (RFC 1035, 4).
class dns_server {
 public:
  dns_server() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const auto any = *io::address::parse("127.0.0.1", 0);
    EXPECT_EQ(::bind(fd_.get(), any.raw(), any.raw_length()), 0);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &length);
    at_ = io::address::from(reinterpret_cast<sockaddr*>(&storage), length);
  }
  std::string at() const { return at_.to_string(); }
  int asked = 0;               // for IPv4 addresses
  std::string known = "shop";  // the names that have this in them

  void answer_all() {
    std::array<char, 512> buffer;
    for (;;) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const ssize_t n = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &length);
      if (n <= 12) return;
      const std::string reply = answer({buffer.data(), static_cast<std::size_t>(n)});
      ::sendto(fd_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
               length);
    }
  }

 private:
  std::string answer(std::string_view query) {
    const std::size_t name_end = query.find('\0', 12) + 1;
    const std::string_view question = query.substr(12, name_end + 4 - 12);
    const bool there = question.find(known) != std::string_view::npos;
    const bool v4 = question[question.size() - 3] == 1;
    if (v4) ++asked;
    std::string out(query.substr(0, 2));
    out.append("\x81").append(there ? "\x80" : "\x83");  // NXDOMAIN
    out.append("\0\1\0", 3).append(1, there && v4 ? '\1' : '\0').append(4, '\0');
    out.append(question);
    if (there && v4)
      out.append("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\1\2\3", 16);  // 10.1.2.3 for 60 s
    return out;
  }

  test::socket_fd fd_;
  io::address at_;
};

}  // namespace weir::test
