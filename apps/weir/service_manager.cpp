#include "service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::app {
namespace {

void notify(std::string_view text) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof to.sun_path) return;
  std::memcpy(to.sun_path, path, length);
  if (path[0] == '@') to.sun_path[0] = '\0';  // an abstract socket
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
  ::close(fd);
}

}  // namespace

void notify_ready() {
  notify("READY=1\n");
}

void notify_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const long long us = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us) + "\n");
}

void notify_stopping() {
  notify("STOPPING=1\n");
}

watchdog::watchdog(io::loop& on)
    : loop_(on), timer_(on, delegate<void()>::to<&watchdog::beat>(*this)) {
  const char* const text = std::getenv("WATCHDOG_USEC");
  if (!text) return;
  std::uint64_t us = 0;
  std::from_chars(text, text + std::strlen(text), us);
  if (us == 0) return;
  every_ = std::chrono::microseconds(us) / 2;
  beat();
}

void watchdog::beat() {
  notify("WATCHDOG=1\n");
  timer_.arm(loop_.now() + every_);
}

}  // namespace weir::app
