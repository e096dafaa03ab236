#include <condition_variable>
#include <mutex>

#include "weir/base/clock.hpp"
#include "weir/base/waiter.hpp"

namespace weir {
namespace {

// One for all manual clocks: they belong to tests, and a clock then stays a plain value.
std::mutex& sleepers_lock() {
  static std::mutex lock;
  return lock;
}

std::condition_variable& sleepers_changed() {
  static std::condition_variable changed;
  return changed;
}

}  // namespace

struct manual_clock::sleeper {
  waiter* where;
  time_point until;
  sleeper* next;
};

void manual_clock::wait(waiter& w, time_point until) const {
  if (how_ == waiting::moves_time && until != time_point::max()) {
    if (w.take()) return;
    duration::rep then = ticks_.load(std::memory_order_acquire);
    const duration::rep end = until.time_since_epoch().count();
    while (then < end && !ticks_.compare_exchange_weak(then, end, std::memory_order_acq_rel)) {
    }
    wake_due();
    return;
  }
  sleeper me{&w, until, nullptr};
  {
    const std::lock_guard lock(sleepers_lock());
    me.next = first_;
    first_ = &me;
  }
  sleepers_changed().notify_all();
  // Whoever moves the clock from here on finds this thread in the list.
  if (now() < until) w.sleep_until(time_point::max());
  const std::lock_guard lock(sleepers_lock());
  sleeper** at = &first_;
  while (*at != &me) at = &(*at)->next;
  *at = me.next;
}

void manual_clock::wake_due() const noexcept {
  const std::lock_guard lock(sleepers_lock());
  const time_point at = now();
  for (const sleeper* s = first_; s != nullptr; s = s->next) {
    if (s->until <= at) s->where->wake();
  }
}

void manual_clock::await_waiting(std::size_t threads) const {
  std::unique_lock lock(sleepers_lock());
  sleepers_changed().wait(lock, [&] {
    std::size_t count = 0;
    for (const sleeper* s = first_; s != nullptr; s = s->next) ++count;
    return count >= threads;
  });
}

}  // namespace weir
