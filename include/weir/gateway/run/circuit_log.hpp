#pragma once

#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"
#include "weir/upstream/service.hpp"

namespace weir::gateway {

// Logs every change of the circuit's state, once: "circuit favorites closed -> open" and why.
void log_circuit(const circuit_breaker& made, const upstream::service_settings& of);

}  // namespace weir::gateway
