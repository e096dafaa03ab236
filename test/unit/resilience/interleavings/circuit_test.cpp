// Every order of the steps of a few threads on one circuit: what comes of their calls is what comes
// of them one after another.

#include "unit/resilience/interleavings/circuit_world.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;

#define EXPECT_LINEARIZABLE(...) EXPECT_TRUE(linearizable(__VA_ARGS__).good())

TEST(CircuitInterleavings, ElectOneProbe) {
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5)}, {acquire(1, 5)}, {acquire(2, 5)}});
}

TEST(CircuitInterleavings, LetOneProbeDecide) {
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5), succeeds(0, 5)}, {acquire(1, 5), fails(1, 5)}});
}

TEST(CircuitInterleavings, RejectForNoLongerThanTheCircuitIsOpen) {
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5), succeeds(0, 5)}, {acquire(1, 4), looks(5)}});
}

TEST(CircuitInterleavings, GiveASlotThatIsFreedToOne) {
  EXPECT_LINEARIZABLE(probed(), {{goes_away(0, 5)}, {acquire(1, 5)}, {acquire(2, 5)}});
}

TEST(CircuitInterleavings, ShareTwoSlotsAmongThree) {
  EXPECT_LINEARIZABLE(probed(2), {{succeeds(0, 5)}, {acquire(1, 5)}, {acquire(2, 5)}});
}

TEST(CircuitInterleavings, FreeTheSlotOfAnExpiredProbeOnce) {
  EXPECT_LINEARIZABLE(probed(), {{acquire(1, 20), fails(1, 20)}, {succeeds(0, 20)}});
}

TEST(CircuitInterleavings, GiveUpAProbeOnceWhoeverSeesItFirst) {
  EXPECT_LINEARIZABLE(probed(), {{looks(15)}, {takes_a_snapshot(15)}, {fails(0, 15)}});
}

TEST(CircuitInterleavings, TripOnceWhenAllFail) {
  const auto make = [] {
    auto w = std::make_unique<circuit_world>(circuit_options{.trip = failures_in_a_row{3}});
    w->hold(0, 0).hold(1, 0).hold(2, 0);
    return w;
  };
  EXPECT_LINEARIZABLE(make, {{fails(0, 0)}, {fails(1, 0)}, {fails(2, 0)}});
  EXPECT_LINEARIZABLE(make, {{fails(0, 0)}, {succeeds(1, 0)}, {fails(2, 0)}});
}

TEST(CircuitInterleavings, CountTheLastCallsInSomeOrder) {
  const auto make = [] {
    auto w = std::make_unique<circuit_world>(
        circuit_options{.trip = failures_of_last{.failures = 2, .calls = 2}});
    w->hold(0, 0).hold(1, 0).hold(2, 0);
    return w;
  };
  EXPECT_LINEARIZABLE(make, {{fails(0, 0)}, {succeeds(1, 0)}, {fails(2, 0)}});
}

TEST(CircuitInterleavings, LetNoVerdictOfAnotherEraCount) {
  const auto make = [] {
    auto w = std::make_unique<circuit_world>(one_failure());
    w->hold(0, 0).hold(1, 0).then("F@0");
    return w;
  };
  EXPECT_LINEARIZABLE(make, {{acquire(2, 5), succeeds(2, 5)}, {fails(0, 5)}});
  EXPECT_LINEARIZABLE(make, {{acquire(2, 5)}, {succeeds(0, 5)}, {goes_away(1, 5)}});
}

TEST(CircuitInterleavings, SteerWhileProbesRun) {
  const auto force_open = does([](circuit_breaker& b) { b.force_open(at(5)); });
  const auto reset = does([](circuit_breaker& b) { b.reset(at(5)); });
  const auto disable = does([](circuit_breaker& b) { b.disable(at(5)); });
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5), succeeds(0, 5)}, {force_open}});
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5), fails(0, 5)}, {reset}});
  EXPECT_LINEARIZABLE(probed(), {{succeeds(0, 5)}, {force_open}, {reset}});
  EXPECT_LINEARIZABLE(probed(), {{fails(0, 5)}, {disable}, {acquire(1, 5)}});
}

TEST(CircuitInterleavings, AgreeWithOtherProcesses) {
  const auto opens = does([](circuit_breaker& b) { b.opened_elsewhere(at(9), 7, at(5)); });
  const auto closes = does([](circuit_breaker& b) { b.closed_elsewhere(at(5)); });
  const auto holds = does([](circuit_breaker& b) { b.hold_probes(true); });
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5)}, {opens}, {acquire(1, 8)}});
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5)}, {holds}, {acquire(1, 5)}});
  EXPECT_LINEARIZABLE(probed(), {{succeeds(0, 5)}, {opens}, {closes}});
}

TEST(CircuitInterleavings, TakeOtherOptionsWhole) {
  const auto twice = does([](circuit_breaker& b) {
    circuit_options o = one_failure(2);
    o.open_for = 1s;
    b.reconfigure(o);
  });
  EXPECT_LINEARIZABLE(probed(), {{fails(0, 5)}, {twice}, {acquire(1, 5)}});
}

TEST(CircuitInterleavings, ShowStatesThatWere) {
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5), fails(0, 5)}, {takes_a_snapshot(5)}});
  EXPECT_LINEARIZABLE(probed(), {{succeeds(0, 5)}, {takes_a_snapshot(5)}, {acquire(1, 5)}});
}

TEST(CircuitInterleavings, RecoverByARampOnce) {
  const auto make = [] {
    static fixed_random draw(0.5);
    circuit_options o = one_failure();
    o.half_open = {.ramp = 10s, .ramp_ratio = 0.5, .ramp_min_calls = 2};
    o.random = &draw;
    auto w = std::make_unique<circuit_world>(o, "F@0 R@5");
    w->hold(0, 12);
    w->end = 12;
    return w;
  };
  EXPECT_LINEARIZABLE(make, {{fails(0, 12)}, {acquire(1, 12), fails(1, 12)}});
  EXPECT_LINEARIZABLE(make, {{fails(0, 12)}, {acquire(1, 15)}, {looks(15)}});
}

// With stores that others see late: nobody has a watch then.
TEST(CircuitInterleavings, HoldWhereOldValuesAreRead) {
  const limits late{.how = {.stale_reads = 2}};
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5)}, {acquire(1, 5)}}, late, true);
  EXPECT_LINEARIZABLE(opened(), {{acquire(0, 5), succeeds(0, 5)}, {acquire(1, 5)}}, late, true);
  EXPECT_LINEARIZABLE(probed(), {{goes_away(0, 5)}, {acquire(1, 5)}}, late, true);
  EXPECT_LINEARIZABLE(probed(), {{fails(0, 20)}, {acquire(1, 20)}}, late, true);
}

// The same calls where locks let everybody in: that this is seen shows that it is looked for.
TEST(CircuitInterleavings, FailWhereLocksAreBroken) {
  const limits broken{.how = {.locks_exclude = false}};
  const report r = linearizable(opened(), {{acquire(0, 5)}, {acquire(1, 5)}}, broken);
  EXPECT_NE(r.trouble, "");
}

}  // namespace
}  // namespace weir::test
