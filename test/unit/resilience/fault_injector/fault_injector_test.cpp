#include "weir/resilience/fault_injector/fault_injector.hpp"

#include <gtest/gtest.h>

#include "unit/resilience/pipeline/driver.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::driver;
using test::good;

TEST(FaultInjector, DoesNothingWithoutFaults) {
  const pipeline p{fault_injector()};
  driver d(p, {good(10ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 10 finish ok");
}

TEST(FaultInjector, FailsCallsThatAreNotSent) {
  const fault_injector faults({.errors = 1, .why = cause::connect});
  const pipeline p(retry({.attempts = 2, .backoff = 100ms}), faults);
  driver d(p, {good()});
  const action end = d.run();
  EXPECT_EQ(d.story(), "100 finish connect");
  EXPECT_EQ(end.attempt, 0U);
  EXPECT_EQ(faults.look().failed, 2U);
}

TEST(FaultInjector, DelaysCallsWithinTheirTimeouts) {
  const fault_injector faults({.delayed = 1, .delay = 50ms});
  const pipeline p(timeout(30ms), faults);
  driver late(p, {good()});
  late.run();
  EXPECT_EQ(late.story(), "30 finish timeout");
}

TEST(FaultInjector, ShowsABreakerItsFaults) {
  const circuit_breaker breaker(circuit_options{.trip = failures_in_a_row{1}});
  const fault_injector faults({.errors = 1});
  const pipeline p(breaker, faults);
  driver(p, {good()}).run();
  EXPECT_EQ(breaker.state(driver::t0), circuit_mode::open);
  EXPECT_EQ(breaker.snapshot(driver::t0).last_error, "an injected fault");
}

TEST(FaultInjector, KeepsToItsRateAndMayBeChanged) {
  const fault_injector faults({.errors = 0.25});
  const pipeline p{faults};
  seeded_random random(1);
  const auto failed_of = [&](int calls) {
    int failed = 0;
    for (int i = 0; i < calls; ++i) {
      pipeline_call call(p, {}, random);
      const action a = call.start(driver::t0);
      failed += a.kind == action_kind::finish ? 1 : 0;
      if (a.kind == action_kind::start_attempt) {
        call.attempt_done(driver::t0, a.attempt, outcome::success());
      }
    }
    return failed;
  };
  EXPECT_NEAR(failed_of(10'000), 2500, 150);
  faults.set({});
  EXPECT_EQ(failed_of(1000), 0);
}

TEST(Faults, SayEverythingThatIsWrong) {
  EXPECT_TRUE(faults{}.validate().empty());
  EXPECT_EQ((faults{.errors = 2, .delayed = -1, .delay = -1s}.validate().size()), 3U);
}

}  // namespace
}  // namespace weir
