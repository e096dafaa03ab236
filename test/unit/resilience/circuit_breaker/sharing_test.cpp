#include <gtest/gtest.h>

#include <vector>

#include "unit/resilience/circuit_breaker/trace.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::play;

circuit_breaker three_in_a_row() {
  return circuit_breaker({.name = "partner", .trip = failures_in_a_row{3}, .open_for = 15s});
}

TEST(SharedCircuit, FailuresOfOthersCountWithOurOwn) {
  const circuit_breaker breaker = three_in_a_row();
  breaker.failed_elsewhere(at(0));
  breaker.failed_elsewhere(at(1));
  EXPECT_EQ(breaker.snapshot(at(1)).failures, 2U);
  EXPECT_EQ(breaker.snapshot(at(1)).failed, 0U) << "the totals are of our own calls";
  play(breaker, "F@2 R@2");
  EXPECT_EQ(breaker.state(at(2)), circuit_mode::open);
}

TEST(SharedCircuit, ASuccessElsewhereEndsTheRow) {
  const circuit_breaker breaker = three_in_a_row();
  play(breaker, "F@0 F@1");
  breaker.succeeded_elsewhere(1, at(2));
  play(breaker, "F@3 F@4");
  EXPECT_EQ(breaker.state(at(4)), circuit_mode::closed);
}

TEST(SharedCircuit, SuccessesElsewhereDiluteTheRatio) {
  const circuit_breaker breaker(
      {.name = "a", .trip = failure_ratio{.ratio = 0.5, .within = 10s, .min_calls = 4}});
  breaker.succeeded_elsewhere(6, at(0));
  play(breaker, "F@1 F@1 F@1 F@1 F@1");
  EXPECT_EQ(breaker.state(at(1)), circuit_mode::closed) << "5 of 11";
  play(breaker, "F@2");
  EXPECT_EQ(breaker.state(at(2)), circuit_mode::open) << "6 of 12";
}

TEST(SharedCircuit, OpensAndClosesAsOthersDid) {
  const circuit_breaker breaker = three_in_a_row();
  std::vector<transition_cause> seen;
  breaker.listen(circuit_event_kind::transition,
                 [&](const circuit_event& e) { seen.push_back(e.why); });
  breaker.opened_elsewhere(at(10), 3, at(1));
  EXPECT_EQ(breaker.state(at(9.9)), circuit_mode::open);
  EXPECT_EQ(breaker.snapshot(at(9)).failures, 3U);
  EXPECT_EQ(breaker.snapshot(at(9)).time_to_probe, 1s);
  breaker.opened_elsewhere(at(25), 4, at(11));
  EXPECT_EQ(breaker.snapshot(at(11)).time_to_probe, 14s) << "the later end counts";
  EXPECT_EQ(breaker.snapshot(at(11)).failures, 4U);
  breaker.closed_elsewhere(at(12));
  EXPECT_EQ(breaker.state(at(12)), circuit_mode::closed);
  EXPECT_EQ(breaker.snapshot(at(12)).failures, 0U);
  EXPECT_EQ(seen, (std::vector{transition_cause::elsewhere, transition_cause::elsewhere}));
}

TEST(SharedCircuit, NoProbeGoesWhileProbesAreHeld) {
  const circuit_breaker breaker = three_in_a_row();
  play(breaker, "F@0 F@0 F@0");
  breaker.hold_probes(true);
  EXPECT_FALSE(breaker.try_acquire(at(20)));
  EXPECT_EQ(breaker.state(at(20)), circuit_mode::half_open) << "its open time is over";
  EXPECT_EQ(breaker.try_acquire(at(20)).error().retry_after, 0s);
  breaker.hold_probes(false);
  auto probe = breaker.try_acquire(at(20));
  ASSERT_TRUE(probe);
  probe->succeed(at(21));
  EXPECT_EQ(breaker.state(at(21)), circuit_mode::closed);
}

TEST(SharedCircuit, NoFurtherProbeGoesWhileProbesAreHeldThoughOneWentBefore) {
  const circuit_breaker breaker = three_in_a_row();
  play(breaker, "F@0 F@0 F@0");
  auto first = breaker.try_acquire(at(15));
  ASSERT_TRUE(first);
  first->withdraw(at(15));
  breaker.hold_probes(true);
  EXPECT_FALSE(breaker.try_acquire(at(16))) << "another process has its turn";
  breaker.hold_probes(false);
  EXPECT_TRUE(breaker.try_acquire(at(16)));
}

TEST(SharedCircuit, WhatAnOperatorForcedStays) {
  const circuit_breaker breaker = three_in_a_row();
  breaker.force_open(at(0));
  breaker.closed_elsewhere(at(1));
  breaker.opened_elsewhere(at(5), 3, at(1));
  EXPECT_EQ(breaker.state(at(6)), circuit_mode::forced_open);
  breaker.disable(at(7));
  breaker.opened_elsewhere(at(15), 3, at(8));
  EXPECT_EQ(breaker.state(at(8)), circuit_mode::disabled);
}

TEST(SharedCircuit, AProbeInFlightDecidesNothingAfterOthersClosedTheCircuit) {
  const circuit_breaker breaker = three_in_a_row();
  play(breaker, "F@0 F@0 F@0");
  auto probe = breaker.try_acquire(at(15));
  ASSERT_TRUE(probe);
  breaker.closed_elsewhere(at(16));
  probe->fail(at(17));
  EXPECT_EQ(breaker.state(at(17)), circuit_mode::closed);
}

}  // namespace
}  // namespace weir
