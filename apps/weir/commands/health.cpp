#include "commands/health.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <iostream>
#include <optional>
#include <string_view>

#include "exit_codes.hpp"
#include "weir/io/address.hpp"

namespace weir::app {
namespace {

// "127.0.0.1:9901", "[::1]:9901"
std::optional<io::address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0 || port > 65535) {
    return std::nullopt;
  }
  std::string_view ip = text.substr(0, colon);
  if (ip == "localhost") ip = "127.0.0.1";
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  return io::address::parse(ip, static_cast<std::uint16_t>(port));
}

// A blocking socket with a limit of two seconds each way, closed when it goes.
class connection {
 public:
  explicit connection(const io::address& to)
      : fd_(::socket(to.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(fd_, to.raw(), to.raw_length()) != 0) error_ = errno;
  }
  ~connection() { ::close(fd_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  int error() const noexcept { return error_; }

  std::string ask(std::string_view request) {
    std::string answer;
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return answer;
    char piece[4096];
    for (;;) {
      const auto n = ::recv(fd_, piece, sizeof piece, 0);
      if (n <= 0 || answer.size() > 64 * 1024) return answer;
      answer.append(piece, static_cast<std::size_t>(n));
    }
  }

 private:
  int fd_;
  int error_ = 0;
};

}  // namespace

int health(const std::string& admin_address) {
  const auto at = parse_address(admin_address);
  if (!at) {
    std::cerr << "weir: '" << admin_address
              << "' is not an address; it looks like 127.0.0.1:9901\n";
    return exit_usage;
  }
  connection to(*at);
  if (to.error() != 0) {
    std::cerr << "weir: nobody answers at " << admin_address << ": " << std::strerror(to.error())
              << "; is weir running, and is this its admin listener?\n";
    return exit_failure;
  }
  const std::string answer = to.ask("GET /readyz?verbose HTTP/1.1\r\nHost: " + at->to_string() +
                                    "\r\nConnection: close\r\n\r\n");
  const auto body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 ") || body == std::string::npos) {
    std::cerr << "weir: " << admin_address << " gave no answer that can be read\n";
    return exit_failure;
  }
  std::cout << answer.substr(body + 4);
  return answer.compare(9, 3, "200") == 0 ? exit_ok : exit_failure;
}

}  // namespace weir::app
