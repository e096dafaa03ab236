#include "systems/stage/keyboard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

namespace weir::stage {

namespace {

// No signal tells that a shell has brought what runs in the background to the foreground.
constexpr auto between_looks = std::chrono::milliseconds(300);

// In the background the keys are the shell's, and to touch the terminal would stop us.
bool in_foreground() {
  return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

}  // namespace

keyboard::keyboard(io::loop& on, std::function<void(char)> pressed)
    : loop_(on),
      pressed_(std::move(pressed)),
      look_again_(on, delegate<void()>::to<&keyboard::look_again>(*this)) {
  if (::isatty(STDIN_FILENO) == 0) return;
  signals_.emplace(on, std::vector<int>{SIGTSTP, SIGCONT}, [this](int number) {
    if (number == SIGTSTP) return stop_and_come_back();
    detach();  // a shell that stopped us unasked has changed the terminal meanwhile
    look_again();
  });
  look_again();
}

keyboard::~keyboard() {
  detach();
}

void keyboard::attach() {
  if (attached() || !in_foreground() || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
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

void keyboard::look_again() {
  attach();
  if (!attached()) look_again_.arm(loop_.now() + between_looks);
}

void keyboard::detach() {
  if (!attached()) return;
  loop_.forget(fd_, *this);
  ::close(std::exchange(fd_, -1));
  if (in_foreground()) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

// Not every shell gives itself a sane terminal when a program stops, nor the program its own when
// it goes on. Raised anew, and not SIGSTOP: where no shell could continue us, the kernel drops it.
void keyboard::stop_and_come_back() {
  detach();
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::raise(SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);  // stops here
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  look_again();
}

void keyboard::on_ready(readiness) {
  if (!in_foreground()) {
    detach();
    return look_again();
  }
  char keys[64];
  for (ssize_t n; attached() && (n = ::read(fd_, keys, sizeof keys)) > 0;) {
    for (ssize_t i = 0; i < n; ++i) pressed_(keys[i]);
  }
}

}  // namespace weir::stage
