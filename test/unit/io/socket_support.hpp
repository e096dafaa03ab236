#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "weir/io/address.hpp"
#include "weir/io/loop.hpp"

// Plain sockets for the far end of what a test drives: blocking where the test needs no loop.
namespace weir::test {

class socket_fd {
 public:
  socket_fd() = default;
  explicit socket_fd(int fd) : fd_(fd) {}
  socket_fd(socket_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  socket_fd& operator=(socket_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~socket_fd() { close(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void reset() {  // RST
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void shutdown_write() { ::shutdown(fd_, SHUT_WR); }
  void send(std::string_view bytes) {
    ASSERT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // What is there now, without waiting.
  std::string receive() {
    std::string out;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n <= 0) {
        ended_ = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        return out;
      }
      out.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  bool ended() const { return ended_; }  // as of the last receive()

 private:
  int fd_ = -1;
  bool ended_ = false;
};

struct socket_pair {
  socket_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
      ADD_FAILURE() << "socketpair";
    near = socket_fd(fds[0]);
    far = socket_fd(fds[1]);
  }
  socket_fd near;
  socket_fd far;
};

// A listening socket on loopback, on a port the kernel chose.
class raw_listener {
 public:
  explicit raw_listener(int backlog = 64)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const auto any = *io::address::parse("127.0.0.1", 0);
    EXPECT_EQ(::bind(fd_.get(), any.raw(), any.raw_length()), 0);
    EXPECT_EQ(::listen(fd_.get(), backlog), 0);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &length);
    at_ = io::address::from(reinterpret_cast<sockaddr*>(&storage), length);
  }
  const io::address& at() const { return at_; }
  socket_fd accept() {
    return socket_fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  }
  void close() { fd_.close(); }

 private:
  socket_fd fd_;
  io::address at_;
};

// Turns the loop until the condition holds; false after five seconds without it.
template <class Condition>
bool run_until(io::loop& loop, Condition condition) {
  const auto give_up = weir::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (weir::now() > give_up) return false;
    loop.run_once(std::chrono::milliseconds(1));
  }
  return true;
}

// A few batches, for what must not happen.
inline void run_a_little(io::loop& loop) {
  for (int i = 0; i < 5; ++i) loop.run_once(std::chrono::milliseconds(1));
}

}  // namespace weir::test
