#pragma once

#include <termios.h>

#include <functional>

#include "weir/io/loop.hpp"

namespace weir::stage {

// Keys as they are pressed, from the terminal on standard input; nothing where there is none. The
// terminal is as it was when this is gone. ^C stays a signal.
class keyboard final : private io::fd_handler {
 public:
  keyboard(io::loop& on, std::function<void(char)> pressed);
  ~keyboard();
  bool attached() const noexcept { return fd_ >= 0; }

 private:
  void on_ready(readiness what) override;

  io::loop& loop_;
  std::function<void(char)> pressed_;
  termios before_{};
  int fd_ = -1;
};

}  // namespace weir::stage
