#pragma once

// Newer c-ares marks what 1.18 (Debian 12) has no other calls for, and keeps it working.
#define CARES_NO_DEPRECATED
#include <ares.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "weir/io/loop.hpp"

namespace weir::io {

// c-ares on the loop: its sockets are watched and its time-outs kept. Its callbacks must neither
// call back into the channel nor destroy it: who is asked to tell others does so later. Belongs to
// the loop's thread.
class dns_channel {
 public:
  // Asks these servers ("127.0.0.1:5353,[::1]:53"), or the system's when there are none named.
  // Throws std::runtime_error when c-ares cannot start.
  dns_channel(loop& on, const std::string& servers);
  dns_channel(const dns_channel&) = delete;
  dns_channel& operator=(const dns_channel&) = delete;
  ~dns_channel() { close(); }

  // Each calls back exactly once with this context, perhaps before it returns.
  void ask_addresses(const std::string& host, ares_addrinfo_callback answered, void* context);
  void ask_srv(const std::string& name, ares_callback answered, void* context);

  // Ends what is being asked, with ARES_EDESTRUCTION; nothing may be asked any more.
  void close() noexcept;

 private:
  // One of c-ares's sockets.
  struct watched final : fd_handler {
    watched(dns_channel& o, ares_socket_t s) : owner(o), fd(s) {}
    void on_ready(readiness what) override { owner.process(fd, what); }
    dns_channel& owner;
    ares_socket_t fd;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable);
  void socket_state(ares_socket_t fd, bool used);
  void process(ares_socket_t fd, fd_handler::readiness what);
  void on_tick();
  void on_sweep() { closing_.clear(); }
  void settle();  // after every call into c-ares

  loop& on_;
  ares_channel ares_ = nullptr;
  std::unordered_map<ares_socket_t, std::unique_ptr<watched>> sockets_;
  std::vector<std::unique_ptr<watched>> closing_;
  timer tick_;
  deferred sweep_;
};

}  // namespace weir::io
