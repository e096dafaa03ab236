// The circuit breaker's real sources, compiled for the machine; and what shows that they are.

#include "unit/resilience/interleavings/explored_circuit.hpp"

// One after the other, as they stand.
#include "../../../../src/base/clock.cpp"
#include "../../../../src/base/manual_clock.cpp"
#include "../../../../src/base/random.cpp"
#include "../../../../src/base/thread_index.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_breaker.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_call.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_news.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_sharing.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_steering.cpp"
#include "../../../../src/resilience/circuit_breaker/event_hub.cpp"
#include "../../../../src/resilience/circuit_breaker/options.cpp"
#include "../../../../src/resilience/circuit_breaker/shard_memory.cpp"
#include "../../../../src/resilience/circuit_breaker/state.cpp"
#include "../../../../src/resilience/circuit_breaker/state_probes.cpp"
#include "../../../../src/resilience/circuit_breaker/trip.cpp"
#include "../../../../src/resilience/outcome.cpp"
#include "../../../../src/resilience/problems.cpp"
#include "../../../../src/resilience/window.cpp"
