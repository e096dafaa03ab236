#pragma once

// The circuit breaker's own headers, for the machine.
#include "support/interleavings/shadow.hpp"

// Another `weir` from here on.
#include "weir/base/thread_index.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::test {

// A virtual thread has its own number, so that it has its own shards.
inline void enter_thread(unsigned thread) {
  detail::thread_index_plus_one = thread + 1;
}

}  // namespace weir::test
