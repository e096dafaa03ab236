#pragma once

#include <cstdint>
#include <string>

#include "weir/resilience/circuit_breaker/events.hpp"

namespace weir {

// A circuit at one instant, for /circuits, metrics and people.
struct circuit_snapshot {
  std::string name;
  circuit_mode state = circuit_mode::closed;  // as evaluated at that instant
  // What the trip rule counts: failures in a row, or in the window; while the circuit is not
  // closed, as they were when it tripped, with failed probes added.
  std::uint64_t failures = 0;
  double failure_rate = -1;          // percent; -1 while the window has fewer than the least calls
  double slow_call_rate = -1;        // percent, likewise; -1 where no rule watches it
  std::uint64_t buffered_calls = 0;  // calls the rule looks at now
  duration time_to_probe = duration::zero();  // until the end of the open time, when open
  std::uint32_t probes_in_flight = 0;
  std::uint32_t probes_succeeded = 0;  // since it is half-open
  std::string last_error;              // the text of the latest failure that brought one
  std::uint64_t transitions = 0;       // since the circuit was made

  // Since the circuit was made.
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
  std::uint64_t ignored = 0;
  std::uint64_t not_permitted = 0;
};

}  // namespace weir
