#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir {

void permit::abandon() noexcept {
  if (!circuit_) return;
  if (exceptions_in_flight() > unwinding_) {
    fail("an exception");
  } else {
    withdraw(circuit_->now());
  }
}

std::string_view to_string(circuit_mode m) noexcept {
  switch (m) {
    case circuit_mode::closed:
      return "closed";
    case circuit_mode::open:
      return "open";
    case circuit_mode::half_open:
      return "half-open";
    case circuit_mode::forced_open:
      return "forced-open";
    case circuit_mode::disabled:
      return "disabled";
    case circuit_mode::metrics_only:
      return "metrics-only";
  }
  return "?";
}

std::string_view to_string(transition_cause c) noexcept {
  switch (c) {
    case transition_cause::tripped:
      return "tripped";
    case transition_cause::open_time_over:
      return "open time over";
    case transition_cause::probe_succeeded:
      return "probe succeeded";
    case transition_cause::probe_failed:
      return "probe failed";
    case transition_cause::probe_missing:
      return "probe missing";
    case transition_cause::forced:
      return "forced";
    case transition_cause::reset:
      return "reset";
    case transition_cause::elsewhere:
      return "elsewhere";
  }
  return "?";
}

}  // namespace weir
