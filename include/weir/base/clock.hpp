#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

namespace weir {

// The one monotonic clock everything is measured on. Decisions take `now` as an argument; only
// clock.cpp reads the machine's clock, so that tests move time by hand and a loop reads it once for
// each batch of events.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;  // an instant of that clock
using duration = clock::duration;      // of nanoseconds

// The machine's monotonic time. About 20 ns: pass the result on rather than ask again.
time_point now() noexcept;

// The calendar's time, for logs, tokens and headers alone: it may jump.
std::chrono::system_clock::time_point wall_now() noexcept;

class waiter;

// Where a face that is not given `now` takes it from, and where one that blocks waits. Thread-safe.
class clock_source {
 public:
  virtual ~clock_source() = default;
  virtual time_point now() const noexcept = 0;
  // Blocks the thread until that instant, or until the waiter is woken, if that comes first. By
  // itself it waits on the machine's clock.
  virtual void wait(waiter& w, time_point until) const;
};

// The source that answers weir::now(); lives as long as the process.
const clock_source& steady_source() noexcept;

// A clock that moves only when told, for tests of ours and of our users. Starts at an arbitrary
// point well away from zero, so that code which takes the epoch for "never" is found out.
//
// A thread that waits on it (between two tries, in a queue) moves it to the end of its wait and
// goes on: a test on one thread neither sleeps nor hangs. With waiting::blocks such a thread stays
// until another one moves the clock; await_waiting() tells that one when. Thread-safe.
class manual_clock final : public clock_source {
 public:
  enum class waiting : bool { moves_time, blocks };
  static constexpr time_point start{std::chrono::hours(1000)};

  manual_clock() noexcept = default;
  explicit manual_clock(time_point at) noexcept : ticks_(at.time_since_epoch().count()) {}
  explicit manual_clock(waiting how) noexcept : how_(how) {}
  ~manual_clock() override = default;

  time_point now() const noexcept override {
    return time_point(duration(ticks_.load(std::memory_order_acquire)));
  }
  void advance(duration by) noexcept {
    ticks_.fetch_add(by.count(), std::memory_order_acq_rel);
    wake_due();
  }
  void set(time_point at) noexcept {
    ticks_.store(at.time_since_epoch().count(), std::memory_order_release);
    wake_due();
  }

  void wait(waiter& w, time_point until) const override;
  // Blocks until so many threads wait on this clock.
  void await_waiting(std::size_t threads) const;

 private:
  struct sleeper;

  void wake_due() const noexcept;

  mutable std::atomic<duration::rep> ticks_{start.time_since_epoch().count()};
  mutable sleeper* first_ = nullptr;  // those who wait
  waiting how_ = waiting::moves_time;
};

// at + by without overflow: what lies beyond the last instant is the last instant ("never").
constexpr time_point saturating_add(time_point at, duration by) noexcept {
  if (by > duration::zero() && at > time_point::max() - by) return time_point::max();
  if (by < duration::zero() && at < time_point::min() - by) return time_point::min();
  return at + by;
}

}  // namespace weir
