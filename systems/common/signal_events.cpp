#include "systems/common/signal_events.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace weir::systems {

signal_events::signal_events(io::loop& on, const std::vector<int>& signals,
                             std::function<void(int)> arrived)
    : loop_(on), arrived_(std::move(arrived)) {
  sigset_t set;
  sigemptyset(&set);
  for (int s : signals) sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0 || !loop_.watch(fd_, *this)) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
}

signal_events::~signal_events() {
  loop_.forget(fd_, *this);
  ::close(fd_);
}

void signal_events::on_ready(readiness) {
  signalfd_siginfo info;
  while (::read(fd_, &info, sizeof info) == sizeof info) arrived_(static_cast<int>(info.ssi_signo));
}

}  // namespace weir::systems
