#include "weir/io/wake_queue.hpp"

namespace weir::io {

wake_queue::sleeper::~sleeper() {
  const std::lock_guard lock(in_.mutex_);
  unlink();
}

void wake_queue::sleeper::wake() {
  {
    const std::lock_guard lock(in_.mutex_);
    if (linked()) return;
    in_.woken_.push_back(*this);
    if (in_.posted_) return;
    in_.posted_ = true;
  }
  in_.loop_.post([to = &in_] { to->tell(); });
}

// One at a time and outside the lock: being told, one may destroy others that stand in the queue.
void wake_queue::tell() {
  for (;;) {
    delegate<void()> told;
    {
      const std::lock_guard lock(mutex_);
      sleeper* const first = woken_.pop_front();
      if (!first) {
        posted_ = false;
        return;
      }
      told = first->woken_;
    }
    told();
  }
}

}  // namespace weir::io
