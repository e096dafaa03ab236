#pragma once

#include <functional>
#include <memory>

#include "weir/io/loop.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::sharing {

// Brings a circuit's transitions and failures, which happen on any thread, to one loop, for as long
// as it lives; one that is under way when it goes is dropped. Made and destroyed on the loop.
class circuit_ear {
 public:
  circuit_ear(io::loop& on, const circuit_breaker& of,
              std::function<void(const circuit_event&)> heard);
  ~circuit_ear();
  circuit_ear(const circuit_ear&) = delete;
  circuit_ear& operator=(const circuit_ear&) = delete;

 private:
  struct gate;
  std::shared_ptr<gate> gate_;
  circuit_breaker of_;
  std::uint64_t listener_;
};

}  // namespace weir::sharing
