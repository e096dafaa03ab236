#include "dns_channel.hpp"

#include <poll.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace weir::io {
namespace {

constexpr int query_timeout_ms = 2000;  // of one try at one server
constexpr int query_tries = 2;

void start_ares_once() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS)
    throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
}

}  // namespace

dns_channel::dns_channel(loop& on, const std::string& servers)
    : on_(on),
      tick_(on, delegate<void()>::to<&dns_channel::on_tick>(*this)),
      sweep_(on, delegate<void()>::to<&dns_channel::on_sweep>(*this)) {
  start_ares_once();
  ares_options options{};
  std::array<char, 3> lookups{'f', 'b', '\0'};  // the hosts file, then DNS
  options.lookups = lookups.data();
  options.timeout = query_timeout_ms;
  options.tries = query_tries;
  options.sock_state_cb = &dns_channel::on_socket_state;
  options.sock_state_cb_data = this;
  const int status = ares_init_options(
      &ares_, &options,
      ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status != ARES_SUCCESS)
    throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
  if (!servers.empty()) ares_set_servers_ports_csv(ares_, servers.c_str());
}

void dns_channel::close() noexcept {
  if (ares_) ares_destroy(std::exchange(ares_, nullptr));
}

void dns_channel::ask_addresses(const std::string& host, ares_addrinfo_callback answered,
                                void* context) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(ares_, host.c_str(), nullptr, &hints, answered, context);
  settle();
}

void dns_channel::ask_srv(const std::string& name, ares_callback answered, void* context) {
  constexpr int class_in = 1;
  constexpr int type_srv = 33;
  ares_query(ares_, name.c_str(), class_in, type_srv, answered, context);
  settle();
}

void dns_channel::on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<dns_channel*>(self)->socket_state(fd, readable != 0 || writable != 0);
}

void dns_channel::socket_state(ares_socket_t fd, bool used) {
  const auto found = sockets_.find(fd);
  if (used && found == sockets_.end()) {
    auto made = std::make_unique<watched>(*this, fd);
    if (on_.watch(fd, *made)) sockets_.emplace(fd, std::move(made));
  } else if (!used && found != sockets_.end()) {
    on_.forget(fd, *found->second);
    closing_.push_back(std::move(found->second));  // it may be what is calling us
    sockets_.erase(found);
  }
}

void dns_channel::process(ares_socket_t fd, fd_handler::readiness what) {
  const bool readable = what.readable || what.peer_closed;
  ares_process_fd(ares_, readable ? fd : ARES_SOCKET_BAD, what.writable ? fd : ARES_SOCKET_BAD);
  // c-ares may leave bytes in a TCP socket, of which no further edge would tell.
  for (int i = 0; i < 16 && readable && sockets_.contains(fd); ++i) {
    pollfd now{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&now, 1, 0) != 1 || (now.revents & POLLIN) == 0) break;
    ares_process_fd(ares_, fd, ARES_SOCKET_BAD);
  }
  settle();
}

void dns_channel::on_tick() {
  ares_process_fd(ares_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  settle();
}

void dns_channel::settle() {
  timeval room{};
  if (const timeval* const next = ares_timeout(ares_, nullptr, &room)) {
    tick_.arm(on_.now() + std::chrono::seconds(next->tv_sec) +
              std::chrono::microseconds(next->tv_usec));
  } else {
    tick_.disarm();
  }
  if (!closing_.empty()) sweep_.schedule();
}

}  // namespace weir::io
