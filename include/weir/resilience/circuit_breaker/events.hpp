#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "weir/base/clock.hpp"

namespace weir {

// The states of a circuit.
enum class circuit_mode : std::uint8_t {
  closed,        // calls go through and are watched
  open,          // calls are rejected until the open time is over
  half_open,     // a few probes go through
  forced_open,   // rejected until someone says otherwise
  disabled,      // let through, nothing recorded
  metrics_only,  // let through and recorded; never trips
};

// "closed", "open", "half-open", "forced-open", "disabled", "metrics-only".
std::string_view to_string(circuit_mode m) noexcept;

// Why a circuit changed its state.
enum class transition_cause : std::uint8_t {
  tripped,          // a trip rule said so
  open_time_over,   // a call came after the open time
  probe_succeeded,  // enough probes did
  probe_failed,     // too many did not
  probe_missing,    // no decision within half_open.longest_wait
  forced,           // by force_open, force_close, disable, metrics_only
  reset,
  elsewhere,  // another process that shares the circuit opened or closed it
};

// "tripped", "open time over" and so on.
std::string_view to_string(transition_cause c) noexcept;

// What a listener can be told of.
enum class circuit_event_kind : std::uint8_t {
  transition = 1,
  failure = 2,
  success = 4,
  permitted = 8,  // a call was let through
  rejected = 16,
  ignored = 32,
};

// A set of kinds, joined by |.
class circuit_event_mask {
 public:
  constexpr circuit_event_mask() noexcept = default;
  constexpr circuit_event_mask(circuit_event_kind k) noexcept  // NOLINT
      : bits_(static_cast<std::uint8_t>(k)) {}
  static constexpr circuit_event_mask all() noexcept {
    circuit_event_mask m;
    m.bits_ = 63;
    return m;
  }
  constexpr bool has(circuit_event_kind k) const noexcept {
    return (bits_ & static_cast<std::uint8_t>(k)) != 0;
  }
  friend constexpr circuit_event_mask operator|(circuit_event_mask a,
                                                circuit_event_mask b) noexcept {
    a.bits_ |= b.bits_;
    return a;
  }
  friend constexpr bool operator==(circuit_event_mask, circuit_event_mask) noexcept = default;

 private:
  std::uint8_t bits_ = 0;
};

// Both kinds as a set.
constexpr circuit_event_mask operator|(circuit_event_kind a, circuit_event_kind b) noexcept {
  return circuit_event_mask(a) | circuit_event_mask(b);
}

// What happened, as a listener is told. Value type; times are of the circuit's clock.
struct circuit_event {
  circuit_event_kind kind = circuit_event_kind::transition;
  time_point at{};
  // For a transition; otherwise both are the state the event happened in.
  circuit_mode from = circuit_mode::closed;
  circuit_mode to = circuit_mode::closed;
  transition_cause why = transition_cause::tripped;  // for a transition
  std::uint64_t failures = 0;            // as circuit_snapshot::failures just after the event
  double failure_rate = -1;              // as circuit_snapshot::failure_rate
  duration open_for = duration::zero();  // for a transition to open: how long
  std::string error;                     // the last error's text, for failures and trips
  std::uint64_t lost_before = 0;         // events dropped just before this one: the queue was full
};

// Called outside every lock, one event at a time for a circuit, in order, on the thread of a call
// that caused one. May use the circuit. What it throws is dropped. The reference is the queue's:
// copy what is to be kept.
using circuit_listener = std::function<void(const circuit_event&)>;

}  // namespace weir
