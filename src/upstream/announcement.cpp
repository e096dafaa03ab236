#include "weir/upstream/announcement.hpp"

#include <signal.h>

#include <mutex>
#include <thread>
#include <utility>

namespace weir::upstream {
namespace {

// Signals are the program's: its own threads take them.
std::thread without_signals(std::function<void()> run) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread made(std::move(run));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return made;
}

}  // namespace

struct announcement::impl {
  impl(const consul_settings& at, registration what)
      : told(loop, at, std::move(what)), thread(without_signals([this] { loop.run(); })) {}

  bool leave(duration patience) {
    const std::lock_guard lock(mutex);
    if (!thread.joinable()) return taken_out;
    loop.post([this, patience] {
      told.leave(patience, [this](bool out) {
        taken_out = out;
        loop.stop();
      });
    });
    thread.join();
    return taken_out;
  }

  io::loop loop;
  registrar told;
  std::mutex mutex;
  bool taken_out = false;
  std::thread thread;
};

announcement::announcement(const consul_settings& at, registration what)
    : impl_(std::make_unique<impl>(at, std::move(what))) {}

announcement::~announcement() {
  impl_->leave(std::chrono::seconds(2));
}

bool announcement::registered() const noexcept {
  return impl_->told.registered();
}

bool announcement::leave(duration patience) {
  return impl_->leave(patience);
}

}  // namespace weir::upstream
