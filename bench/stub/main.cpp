// The services behind every contender: `weir-bench-stub PORT...` serves the same answers on each
// port of loopback until it is ended by a signal. One thread: it is pinned to one core with the
// load.

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared/sockets.hpp"
#include "stub/answers.hpp"
#include "stub/connection.hpp"

namespace {

bench::descriptor listen_on(std::uint16_t port) {
  bench::descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  bench::set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in address = bench::loopback(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 16384) != 0) {
    socket.reset();
  }
  return socket;
}

class server {
 public:
  server() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  bool listen(std::uint16_t port) {
    bench::descriptor socket = listen_on(port);
    if (!socket) return false;
    watch(EPOLL_CTL_ADD, socket.get(), EPOLLIN);
    listeners_.emplace(socket.get(), std::move(socket));
    return true;
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
    }
  }

 private:
  void watch(int operation, int fd, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  void handle(const epoll_event& event) {
    const int fd = event.data.fd;
    if (listeners_.contains(fd)) {
      accept_all(fd);
      return;
    }
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    bench::connection& peer = *found->second;
    const bool writing = (event.events & EPOLLOUT) != 0;
    switch (writing ? peer.on_writable() : peer.on_readable()) {
      case bench::connection::next::close:
        connections_.erase(found);
        break;
      case bench::connection::next::write:
        watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
        break;
      case bench::connection::next::read:
        if (writing) watch(EPOLL_CTL_MOD, fd, EPOLLIN);
        break;
    }
  }

  void accept_all(int listener) {
    for (;;) {
      bench::descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) return;
      bench::set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
      const int fd = socket.get();
      connections_[fd] = std::make_unique<bench::connection>(std::move(socket), answers_);
      watch(EPOLL_CTL_ADD, fd, EPOLLIN);
    }
  }

  bench::descriptor epoll_;
  bench::answers answers_;
  std::unordered_map<int, bench::descriptor> listeners_;
  std::unordered_map<int, std::unique_ptr<bench::connection>> connections_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: weir-bench-stub PORT...\n");
    return 2;
  }
  server stub;
  for (int i = 1; i < argc; ++i) {
    const int port = std::atoi(argv[i]);
    if (port < 1 || port > 65535 || !stub.listen(static_cast<std::uint16_t>(port))) {
      std::fprintf(stderr, "weir-bench-stub: cannot listen on 127.0.0.1:%s\n", argv[i]);
      return 1;
    }
  }
  stub.run();
}
