#pragma once

#include <memory>

#include "weir/json/writer.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::systems::gists {

// What a breaker has seen, by its events: every call, those let through while it passes, those
// turned away, those let through while it recovers, and how these ended. Thread-safe.
class statistics {
 public:
  // Listens from now on; logs every change of state.
  explicit statistics(const circuit_breaker& of);

  // {"state": "PASSING", "ratio": 0.25, "call_count": …}
  void write(json::writer& out) const;

 private:
  struct counters;
  const circuit_breaker breaker_;
  std::shared_ptr<counters> counters_;  // shared with the listener
};

}  // namespace weir::systems::gists
