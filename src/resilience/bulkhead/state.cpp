#include "weir/resilience/bulkhead/state.hpp"

namespace weir::detail {

bool bulkhead_state::try_wait(bulkhead_waiter& w) noexcept {
  if (waiting_ >= queue_) return false;
  ++waiting_;
  waiters_.push_back(w);
  return true;
}

void bulkhead_state::give_up(bulkhead_waiter& w) noexcept {
  if (w.granted) {
    w.granted = false;
    release();
  } else if (w.linked()) {
    w.unlink();
    --waiting_;
  }
}

void bulkhead_state::release() noexcept {
  --in_use_;
  grant();
}

void bulkhead_state::resize(std::uint32_t calls, std::uint32_t queue) noexcept {
  calls_ = calls;
  queue_ = queue;
  grant();
}

void bulkhead_state::grant() noexcept {
  while (in_use_ < calls_) {
    bulkhead_waiter* const next = waiters_.pop_front();
    if (!next) return;
    --waiting_;
    ++in_use_;
    next->granted = true;
    if (next->wake) next->wake();
  }
}

}  // namespace weir::detail
