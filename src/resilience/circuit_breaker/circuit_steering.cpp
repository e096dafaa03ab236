// Looking at a circuit and telling it what to do.

#include "weir/resilience/circuit_breaker/circuit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "circuit_change.hpp"

namespace weir::detail {

circuit_mode circuit::state(time_point now) noexcept {
  for (;;) {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    circuit_mode mode = mode_of(word);
    const bool temporary = mode == circuit_mode::open || mode == circuit_mode::half_open;
    if (!temporary || on_call_.load(std::memory_order_relaxed)) return mode;
    if ((word & refuses_bit) != 0) {
      const bool due = ticks(now) >= wake_at(mode);
      if (word_.load(std::memory_order_relaxed) != word) continue;
      if (!due) return mode;
      if (mode == circuit_mode::open) return circuit_mode::half_open;
    }
    change([&] {
      state_.settle(now);
      mode = state_.mode_at(now);
    });
    return mode;
  }
}

// One look under one lock: the state and the counts were so at the same time.
circuit_snapshot circuit::snapshot(time_point now) {
  circuit_snapshot s;
  s.name = name_;
  change([&] {
    if (!state_.on_call()) state_.settle(now);
    s.state = state_.mode_at(now);
    const trip_view seen = state_.primary(now, *this);
    s.failures = seen.bad;
    s.buffered_calls = seen.calls;
    s.failure_rate = seen.rate < 0 ? -1 : 100 * seen.rate;
    const double slow = state_.slow_rate(now, *this);
    s.slow_call_rate = slow < 0 ? -1 : 100 * slow;
    if (state_.mode() == circuit_mode::open) {
      s.time_to_probe = std::max(duration::zero(), state_.reopens_at() - now);
    }
    s.probes_in_flight = state_.probes_in_flight();
    s.probes_succeeded = state_.probes_succeeded();
    if (last_error_) s.last_error = *last_error_;
    s.transitions = state_.transition_count();
    s.failed = failed_;
    s.ignored = ignored_.load(std::memory_order_relaxed);
    for (const circuit_layout* l = layouts_.get(); l; l = l->former.get()) {
      l->shards.for_each([&](const circuit_shard& shard) {
        s.successful += shard.successes();
        s.not_permitted += shard.rejections();
      });
    }
  });
  return s;
}

void circuit::force(circuit_mode to, transition_cause why, time_point now) {
  change([&] {
    state_.force(to, why, now, *this);
    if (why == transition_cause::reset) last_error_.reset();
  });
}

void circuit::reconfigure(circuit_options options) {
  require_valid("circuit breaker '" + options.name + "'", options.validate());
  const std::lock_guard lock(mutex_);
  const bool new_rules = options.trip != options_->trip;
  if (new_rules) {
    auto layout = make_layout(options.trip);
    layout->former = std::move(layouts_);
    layouts_ = std::move(layout);
    layout_.store(layouts_.get(), std::memory_order_release);
    take_limits(options.trip);
  }
  const auto kept = keep(std::move(options));
  state_.reconfigure(*kept, new_rules, grids_of(*layouts_));
  options_ = kept;
  publish();
}

circuit_options circuit::options() const {
  const std::lock_guard lock(mutex_);
  circuit_options options = *options_;
  options.name = name_;
  return options;
}

std::uint64_t circuit::listen(circuit_event_mask kinds, circuit_listener listener) {
  const std::lock_guard lock(mutex_);
  if (!hub_) hub_ = std::make_unique<event_hub>();
  const std::uint64_t id = hub_->add(kinds, std::move(listener));
  publish();
  return id;
}

void circuit::unlisten(std::uint64_t id) {
  std::shared_ptr<const void> gone;
  const std::lock_guard lock(mutex_);
  if (hub_) gone = hub_->remove(id);
  publish();
}

}  // namespace weir::detail
