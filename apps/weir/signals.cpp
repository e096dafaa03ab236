#include "signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <system_error>

namespace weir::app {
namespace {

sigset_t ours() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void signals::block() {
  const sigset_t set = ours();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

signals::signals(io::loop& on, actions what) : loop_(on), actions_(std::move(what)) {
  const sigset_t set = ours();
  fd_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0 || !loop_.watch(fd_, *this)) {
    throw std::system_error(errno, std::generic_category(), "cannot watch for signals");
  }
}

signals::~signals() {
  loop_.forget(fd_, *this);
  ::close(fd_);
}

void signals::on_ready(readiness) {
  signalfd_siginfo info{};
  while (::read(fd_, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) {
      actions_.reload();
    } else {
      actions_.leave();
    }
  }
}

}  // namespace weir::app
