#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "support/redis_server.hpp"
#include "support/wait.hpp"
#include "weir/sharing/shared_circuits.hpp"

// Each `process` here is a shared_circuits object with a circuit of its own, as a process has; the
// server is a real one. Waits are for conditions, with a limit that only a failure reaches.
namespace weir::test {

using namespace std::chrono_literals;

struct process {
  explicit process(const redis_server& server, circuit_options options, circuit_sharing how = {},
                   duration lease = 300ms)
      : breaker(std::move(options)), shared({.server = server.settings(), .lease = lease}) {
    shared.share(breaker, how);
  }
  bool connected() const { return shared.connected(); }
  void fail() const {
    auto p = breaker.try_acquire();
    ASSERT_TRUE(p);
    p->fail("status_500");
  }
  bool succeed() const {
    auto p = breaker.try_acquire();
    if (p) p->succeed();
    return p.has_value();
  }
  std::uint64_t failures() const { return breaker.snapshot().failures; }
  circuit_mode state() const { return breaker.state(); }

  circuit_breaker breaker;
  shared_circuits shared;
};

template <class... Processes>
bool meet(const Processes&... all) {
  return soon([&] { return (all.connected() && ...); });
}

inline circuit_options partner(duration open_for = 60s) {
  return {.name = "partner", .trip = failures_in_a_row{3}, .open_for = open_for};
}

}  // namespace weir::test
