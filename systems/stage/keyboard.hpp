#pragma once

#include <termios.h>

#include <functional>
#include <optional>

#include "systems/common/signal_events.hpp"
#include "weir/io/loop.hpp"

namespace weir::stage {

// Keys as they are pressed, from the terminal on standard input; nothing where there is none, and
// none while the process is in the background. The terminal is as it was while this is stopped
// (^Z), and when it is gone. ^C stays a signal.
class keyboard final : private io::fd_handler {
 public:
  keyboard(io::loop& on, std::function<void(char)> pressed);
  ~keyboard();
  bool attached() const noexcept { return fd_ >= 0; }

 private:
  void on_ready(readiness what) override;
  void attach();
  void detach();
  void stop_and_come_back();
  void look_again();

  io::loop& loop_;
  std::function<void(char)> pressed_;
  std::optional<systems::signal_events> signals_;
  io::timer look_again_;
  termios before_{};
  int fd_ = -1;
};

}  // namespace weir::stage
