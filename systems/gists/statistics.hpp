#pragma once

#include <memory>

#include "weir/json/writer.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::systems::gists {

// What a breaker has seen, by its events, counted as aiomisc counts: calls that came while it
// passed, was broken, was recovering; of the last, those let through (ok) and those turned away
// (failed). And how those let through ended: what is ignored is among the successes. Thread-safe.
class statistics {
 public:
  // Listens from now on; logs every change of state.
  explicit statistics(const circuit_breaker& of);

  // {"state": "PASSING", "ratio": 0.25, "call_count": …, "failures": …}
  void write(json::writer& out) const;

 private:
  struct counters;
  const circuit_breaker breaker_;
  std::shared_ptr<counters> counters_;  // shared with the listener
};

}  // namespace weir::systems::gists
