// What a circuit makes known, under its lock: its word, and events.

#include "weir/resilience/circuit_breaker/circuit.hpp"

#include <algorithm>
#include <utility>

namespace weir::detail {

void circuit::publish() noexcept {
  std::uint64_t word =
      (std::uint64_t{state_.generation()} << 32) | static_cast<std::uint64_t>(state_.mode());
  switch (state_.mode()) {
    case circuit_mode::closed:
    case circuit_mode::disabled:
    case circuit_mode::metrics_only:
      word |= free_bit;
      break;
    default:
      break;
  }
  if (state_.refuses()) word |= refuses_bit;
  if (state_.minds_success()) word |= minds_bit;
  if (state_.marks() != 0) word |= marked_bit;
  if (hub_ &&
      (hub_->wants(circuit_event_kind::success) || hub_->wants(circuit_event_kind::permitted) ||
       hub_->wants(circuit_event_kind::rejected) || hub_->wants(circuit_event_kind::ignored))) {
    word |= watched_bit;
  }
  // In between, a word that sends everybody to the lock: so none is ever read beside a time that
  // belongs to the same mode of another generation.
  if (generation_of(word) != generation_of(word_.load(std::memory_order_relaxed))) {
    word_.store(word & ~(free_bit | refuses_bit), std::memory_order_release);
  }
  ignored_ok_.store(options_->ignored == ignored_as::success, std::memory_order_relaxed);
  on_call_.store(state_.on_call(), std::memory_order_relaxed);
  marks_.store(state_.marks(), std::memory_order_relaxed);
  if (state_.mode() == circuit_mode::open) {
    reopens_at_.store(ticks(state_.wake_at()), std::memory_order_release);
  } else if (state_.mode() == circuit_mode::half_open) {
    gives_up_at_.store(ticks(state_.wake_at()), std::memory_order_release);
  }
  if (word != word_.load(std::memory_order_relaxed)) {
    word_.store(word, std::memory_order_release);
  }
}

void circuit::post(circuit_event_kind kind, time_point now, circuit_mode in,
                   std::string_view error) {
  if (!hub_ || !hub_->wants(kind)) return;
  const trip_view seen = state_.primary(now, *this);
  circuit_event e;
  e.kind = kind;
  e.at = now;
  e.from = e.to = in;
  e.failures = seen.bad;
  e.failure_rate = seen.rate < 0 ? -1 : 100 * seen.rate;
  e.error = error.substr(0, longest_error);
  hub_->push(std::move(e));
}

void circuit::post_transitions() {
  for (const circuit_transition& t : state_.take_transitions()) {
    if (!hub_ || !hub_->wants(circuit_event_kind::transition)) continue;
    const trip_view seen = state_.primary(t.at, *this);
    circuit_event e;
    e.at = t.at;
    e.from = t.from;
    e.to = t.to;
    e.why = t.why;
    e.failures = seen.bad;
    e.failure_rate = seen.rate < 0 ? -1 : 100 * seen.rate;
    if (t.to == circuit_mode::open) {
      e.open_for = std::max(duration::zero(), state_.reopens_at() - t.at);
      if (last_error_) e.error = *last_error_;
    }
    hub_->push(std::move(e));
  }
}

}  // namespace weir::detail
