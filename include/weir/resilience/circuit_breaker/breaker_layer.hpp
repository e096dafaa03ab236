#pragma once

#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"
#include "weir/resilience/pipeline/layer.hpp"

namespace weir {

// A breaker in a pipeline: inside a retry it sees each attempt, outside it the outcome of all.
layer_ptr as_layer(const circuit_breaker& breaker);

}  // namespace weir
