#pragma once

#include "weir/resilience/pipeline/layer.hpp"

namespace weir {

// A limit on everything inside it: outside a retry it covers all attempts and the waits between
// them, inside it each attempt alone. When it runs out the attempt in flight is cancelled, which is
// a failure for the breakers inside, and the outcome is cause::timeout. A child only ever shrinks
// what its parents left. A policy for a pipeline; thread-safe.
class timeout {
 public:
  // Throws std::invalid_argument unless it is above zero.
  explicit timeout(duration limit);
  duration limit() const noexcept { return limit_; }
  friend layer_ptr as_layer(const timeout& t) { return t.layer_; }

 private:
  duration limit_;
  layer_ptr layer_;
};

}  // namespace weir
