#include "systems/stage/keyboard.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace weir::stage {

keyboard::keyboard(io::loop& on, std::function<void(char)> pressed)
    : loop_(on), pressed_(std::move(pressed)) {
  if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  // In the background the keys are the shell's; to touch the terminal would stop us.
  if (::tcgetpgrp(STDIN_FILENO) != ::getpgrp()) return;
  // A description of its own: being non-blocking must not pass to the shell that shares standard
  // input with us.
  const int fd = ::open("/dev/tty", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return;
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0 || !loop_.watch(fd, *this)) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    ::close(fd);
    return;
  }
  fd_ = fd;
}

keyboard::~keyboard() {
  if (fd_ < 0) return;
  loop_.forget(fd_, *this);
  ::close(fd_);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void keyboard::on_ready(readiness) {
  char keys[64];
  for (ssize_t n; (n = ::read(fd_, keys, sizeof keys)) > 0;) {
    for (ssize_t i = 0; i < n; ++i) pressed_(keys[i]);
  }
}

}  // namespace weir::stage
