#pragma once

#include <functional>
#include <vector>

#include "weir/io/loop.hpp"

namespace weir::systems {

// Signals as events of a loop. Makes them blocked for this thread and those it starts later, so it
// is made before any thread. Children inherit the mask: restore it between fork and exec.
class signal_events final : private io::fd_handler {
 public:
  signal_events(io::loop& on, const std::vector<int>& signals, std::function<void(int)> arrived);
  ~signal_events();

  // Readable while a signal has arrived that the loop has not handled: for who waits without it.
  int descriptor() const noexcept { return fd_; }

 private:
  void on_ready(readiness what) override;

  io::loop& loop_;
  std::function<void(int)> arrived_;
  int fd_;
};

}  // namespace weir::systems
