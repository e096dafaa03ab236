// The path of a call through a circuit.

#include "weir/resilience/circuit_breaker/circuit.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "circuit_change.hpp"

namespace weir::detail {

circuit::ticket circuit::acquire_slowly(std::uint64_t word, time_point now) noexcept {
  circuit_shard& mine = shard();
  if ((word & (refuses_bit | watched_bit)) == refuses_bit) {
    const circuit_mode mode = mode_of(word);
    const std::int64_t until = wake_at(mode);
    if (ticks(now) < until && word_.load(std::memory_order_relaxed) == word) {
      mine.count_rejection();
      return {0, mode == circuit_mode::open ? duration(until - ticks(now)) : duration::zero()};
    }
  }
  if ((word & (free_bit | watched_bit)) == free_bit) {
    mine.hold();
    return {generation_of(word), duration::zero()};
  }
  std::unique_lock lock(mutex_);
  const auto admission = state_.try_acquire(now);
  post_transitions();
  ticket given{0, admission.retry_after};
  if (admission.admitted) {
    mine.hold();
    given.generation = state_.generation();
    post(circuit_event_kind::permitted, now, state_.mode());
  } else {
    mine.count_rejection();
    post(circuit_event_kind::rejected, now, state_.mode());
  }
  publish();
  const bool news = has_news();
  lock.unlock();
  if (news) hub_->deliver(mutex_);
  return given;
}

void circuit::succeed_slowly(std::uint32_t generation, time_point started,
                             time_point now) noexcept {
  circuit_shard& mine = shard();
  mine.count_success();
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  const circuit_mode mode = mode_of(word);
  const bool current = generation_of(word) == generation;
  const bool counted =
      current && (mode == circuit_mode::closed || mode == circuit_mode::metrics_only);
  bool turned = false;
  if (counted) {
    circuit_layout& layout = *layout_.load(std::memory_order_acquire);
    if (circuit_shard* const there = layout.shards.find()) {
      turned = count_in_windows(layout, *there, generation, now);
    }
  }
  const bool slow = (now - started).count() > slow_after_.load(std::memory_order_relaxed);
  const bool minded = (word & (minds_bit | watched_bit)) != 0 || slow;
  if (minded || (current && mode == circuit_mode::half_open)) {
    record({started, now, verdict::ok, generation}, {});
  } else if (counted && (turned || may_trip(mine))) {
    change([&] {
      if (state_.generation() == generation) state_.look(now, *this);
    });
  }
  mine.release();
}

// A window trips at marks/calls >= ratio, and has at least this thread's successes as calls.
bool circuit::may_trip(const circuit_shard& mine) const noexcept {
  const std::uint64_t marks = marks_.load(std::memory_order_relaxed);
  if (marks < least_marks_.load(std::memory_order_relaxed)) return false;
  std::uint32_t own = std::numeric_limits<std::uint32_t>::max();
  for (std::uint32_t i = 0; i < mine.window_count(); ++i) {
    own = std::min(own, mine.window(i).running());
  }
  return own <= static_cast<double>(marks) * calls_per_mark_.load(std::memory_order_relaxed);
}

void circuit::fail(std::uint32_t generation, time_point started, time_point now,
                   std::string_view error) noexcept {
  circuit_shard& mine = shard();
  record({started, now, verdict::failure, generation}, error);
  mine.release();
}

void circuit::ignore(std::uint32_t generation, time_point started, time_point now) noexcept {
  if (ignored_ok_.load(std::memory_order_relaxed)) {
    succeed(generation, started, now);
  } else {
    withdraw(generation, now);
  }
}

void circuit::withdraw(std::uint32_t generation, time_point now) noexcept {
  circuit_shard& mine = shard();
  ignored_.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if (mode_of(word) == circuit_mode::half_open || (word & watched_bit) != 0) {
    record({now, now, verdict::ignored, generation}, {});
  }
  mine.release();
}

void circuit::record(const finished_call& call, std::string_view error) {
  std::unique_lock lock(mutex_);
  const circuit_mode before = state_.mode();
  if (call.how == verdict::failure) {
    ++failed_;
    if (!error.empty()) {
      if (!last_error_) last_error_ = std::make_unique<std::string>();
      *last_error_ = error.substr(0, longest_error);
    }
  }
  state_.record(call, *this);
  // A failure is told before the transition that it causes, a success after it: a listener then
  // sees the state that each of them was judged by, and the state that a success left.
  if (call.how == verdict::failure) post(circuit_event_kind::failure, call.now, before, error);
  post_transitions();
  if (call.how == verdict::ok) post(circuit_event_kind::success, call.now, state_.mode());
  if (call.how == verdict::ignored) post(circuit_event_kind::ignored, call.now, state_.mode());
  publish();
  const bool news = has_news();
  lock.unlock();
  if (news) hub_->deliver(mutex_);
}

}  // namespace weir::detail
