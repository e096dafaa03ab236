#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "weir/redis/settings.hpp"

namespace weir::test {

// A real Redis of the test's own, in memory alone, on a free port; ended with the object.
class redis_server {
 public:
  explicit redis_server(std::string password = {}) : password_(std::move(password)) {
    port_ = free_port();
    start();
  }
  ~redis_server() { stop(); }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  redis::settings settings() const {
    redis::settings s;
    s.port = port_;
    s.password = password_;
    return s;
  }

  void start() {
    const std::string port = std::to_string(port_);
    process_ = ::fork();
    if (process_ == 0) {
      ::close(STDOUT_FILENO);
      const char* const with = password_.empty() ? nullptr : "--requirepass";
      ::execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1",
               "--save", "", "--appendonly", "no", "--loglevel", "warning", with, password_.c_str(),
               nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 500 && !answers(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (!answers()) ADD_FAILURE() << "redis-server does not start: is the package installed?";
  }

  // Its connections stand, and nothing comes by them any more: as when a firewall forgets them.
  void freeze() { ::kill(process_, SIGSTOP); }

  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
  }
  static std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    ::bind(fd, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    ::close(fd);
    return ntohs(at.sin_port);
  }
  bool answers() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in at = loopback(port_);
    const bool up = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    ::close(fd);
    return up;
  }

  std::uint16_t port_ = 0;
  std::string password_;
  pid_t process_ = -1;
};

}  // namespace weir::test
