#pragma once

#include <functional>

#include "weir/io/loop.hpp"

namespace weir::app {

// SIGHUP, SIGTERM and SIGINT as events of a loop (a signalfd).
class signals final : private io::fd_handler {
 public:
  struct actions {
    std::function<void()> reload;
    std::function<void()> leave;
  };
  // Before any thread is started; also ignores SIGPIPE.
  static void block();

  signals(io::loop& on, actions what);
  ~signals();

 private:
  void on_ready(readiness what) override;
  io::loop& loop_;
  actions actions_;
  int fd_;
};

}  // namespace weir::app
