#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "unit/resilience/circuit_breaker/trace.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::play;

circuit_options in_a_row(std::uint32_t failures, duration open_for) {
  return {.name = "author", .trip = failures_in_a_row{failures}, .open_for = open_for};
}

TEST(CircuitBreaker, AdmitsExactlyOneProbeWhenTheOpenIntervalEnds) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  play(breaker, "F@0 R@4.999999999");
  auto probe = breaker.try_acquire(at(5));
  ASSERT_TRUE(probe);
  EXPECT_FALSE(breaker.try_acquire(at(5)));
  EXPECT_FALSE(breaker.try_acquire(at(9)));
  probe->succeed(at(9));
  EXPECT_EQ(breaker.state(at(9)), circuit_mode::closed);
}

TEST(CircuitBreaker, SaysHowLongToWait) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  play(breaker, "F@0");
  const auto refused = breaker.try_acquire(at(1.5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, 3500ms);
  EXPECT_EQ(refused.error().why, cause::rejected_open);
  EXPECT_EQ(breaker.snapshot(at(2)).time_to_probe, 3s);
}

TEST(CircuitBreaker, FreesTheSlotOfAProbeThatIsIgnored) {
  play(in_a_row(1, 5s), "F@0 I@5 half-open I@6 half-open S@7 closed");
}

TEST(CircuitBreaker, FreesTheSlotOfAProbeThatIsDestroyedWithoutAVerdict) {
  manual_clock clock(at(5));
  auto options = in_a_row(1, 5s);
  options.time = &clock;
  const circuit_breaker breaker(options);
  play(breaker, "F@0");
  {
    auto probe = breaker.try_acquire();
  }
  EXPECT_EQ(breaker.state(), circuit_mode::half_open);
  EXPECT_TRUE(breaker.try_acquire());
  EXPECT_EQ(breaker.snapshot().ignored, 2U);
}

TEST(CircuitBreaker, CountsAPermitDestroyedByAnExceptionAsAFailure) {
  manual_clock clock;
  auto options = in_a_row(1, 5s);
  options.time = &clock;
  const circuit_breaker breaker(options);
  try {
    auto permit = breaker.try_acquire();
    throw std::runtime_error("broken");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(breaker.state(), circuit_mode::open);
}

TEST(CircuitBreaker, DoesNotTakeAnExceptionThatWasThereBeforeForTheCalls) {
  manual_clock clock;
  auto options = in_a_row(1, 5s);
  options.time = &clock;
  const circuit_breaker breaker(options);
  struct cleanup {
    const circuit_breaker& breaker;
    ~cleanup() { auto permit = breaker.try_acquire(); }
  };
  try {
    const cleanup c{breaker};
    throw std::runtime_error("another's");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(breaker.state(), circuit_mode::closed);
  EXPECT_EQ(breaker.snapshot().ignored, 1U);
}

TEST(CircuitBreaker, TakesTheFirstVerdictOnly) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  auto permit = breaker.try_acquire(at(0));
  permit->succeed(at(0));
  permit->fail(at(0));
  EXPECT_FALSE(permit->pending());
  EXPECT_EQ(breaker.state(at(0)), circuit_mode::closed);
  EXPECT_EQ(breaker.snapshot(at(0)).failed, 0U);
}

TEST(CircuitBreaker, IsNotClosedByACallOfTheClosedEraThatEndsInHalfOpen) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  auto old = breaker.try_acquire(at(0));
  play(breaker, "F@0 open");
  auto probe = breaker.try_acquire(at(5));
  ASSERT_TRUE(probe);
  old->succeed(at(5));
  EXPECT_EQ(breaker.state(at(5)), circuit_mode::half_open);
  EXPECT_FALSE(breaker.try_acquire(at(5))) << "nor does it free the probe's slot";
}

TEST(CircuitBreaker, IsNotOpenedByACallOfAnEarlierEra) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  auto old = breaker.try_acquire(at(0));
  play(breaker, "F@0 S@5 closed");
  old->fail(at(6));
  EXPECT_EQ(breaker.state(at(6)), circuit_mode::closed);
  EXPECT_EQ(breaker.snapshot(at(6)).failures, 0U);
}

TEST(CircuitBreaker, StaysOpenLongerEachTimeAProbeFails) {
  auto options = in_a_row(1, 1s);
  options.open_for = growing{.first = 1s, .longest = 5s};
  play(options,
       "F@0 R@.999 F@1 R@2.999 F@3 R@6.999 F@7 R@11.999 F@12 R@16.999 S@17 closed F@18 "
       "R@18.999 S@19 closed");
}

TEST(CircuitBreaker, TakesItsOpenTimeFromAFunction) {
  auto options = in_a_row(1, 1s);
  options.open_for = open_time([](std::uint32_t times) { return times * 2s; });
  play(options, "F@0 R@1.9 F@2 R@5.9 S@6 closed");
}

TEST(CircuitBreaker, IsForcedOpenUntilItIsReset) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  breaker.force_open(at(0));
  play(breaker, "R@0 forced-open R@1000 forced-open");
  breaker.reset(at(1000));
  play(breaker, "S@1000 closed");
}

TEST(CircuitBreaker, IsForcedClosed) {
  const circuit_breaker breaker(in_a_row(2, 5s));
  play(breaker, "F@0 F@0 open");
  breaker.force_close(at(1));
  play(breaker, "@1 closed n=0 F@1 n=1 F@1 open");
}

TEST(CircuitBreaker, LetsEverythingThroughWhenItIsDisabled) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  breaker.disable(at(0));
  play(breaker, "F@0 F@0 S@0 F@0 n=0");
  EXPECT_EQ(breaker.state(at(0)), circuit_mode::disabled);
  EXPECT_EQ(breaker.snapshot(at(0)).failed, 3U);
  EXPECT_EQ(breaker.snapshot(at(0)).successful, 1U);
}

TEST(CircuitBreaker, MeasuresWithoutTripping) {
  const circuit_breaker breaker(
      circuit_options{.trip = failure_ratio{.ratio = 0.5, .within = 10s, .min_calls = 2}});
  breaker.only_measure(at(0));
  play(breaker, "F@0 F@0 S@0 S@0 F@0 n=3");
  EXPECT_DOUBLE_EQ(breaker.snapshot(at(0)).failure_rate, 60);
  EXPECT_EQ(breaker.state(at(0)), circuit_mode::metrics_only);
}

TEST(CircuitBreaker, TripsByAnyOfSeveralRules) {
  const circuit_options options{
      .trip = {failures_in_a_row{3}, failure_ratio{.ratio = 0.5, .within = 10s, .min_calls = 6}}};
  play(options, "F@0 F@0 closed F@0 open");
  play(options, "F@0 S@0 F@0 S@0 F@0 closed S@0 open");
}

TEST(CircuitBreaker, KeepsWindowsOfDifferentLengthApart) {
  const circuit_options options{
      .trip = {failure_ratio{.ratio = 0.5, .within = 1s, .min_calls = 2},
               failure_ratio{.ratio = 0.5, .within = 20s, .min_calls = 4}}};
  play(options, "S@0 F@2 S@4 F@6 open");
  play(options, "S@0 S@0 S@0 S@0 F@2 closed F@2 open");
}

TEST(CircuitBreaker, ForgetsTheWindowWhenItCloses) {
  const circuit_options options{.trip = failure_ratio{.ratio = 0.5, .within = 100s, .min_calls = 4},
                                .open_for = 1s};
  play(options, "S@0 S@0 F@0 F@0 open S@1 closed n=0 F@2 F@2 F@2 closed n=3");
}

TEST(CircuitBreaker, CountsCallsUntilTheyAreAsOldAsTheWindow) {
  const circuit_options options{.trip = failure_ratio{.ratio = 1, .within = 10s, .min_calls = 2}};
  play(options, "F@0 @9.999 n=1 @10 n=0 F@10 closed n=1");
  play(options, "F@0 F@9.999 open");
  const circuit_options exact{.trip = failures_within{.failures = 2, .within = 10s}};
  play(exact, "F@3.3 @13.299 n=1 F@13.299 open");
  play(exact, "F@3.3 F@13.3 closed n=1");
}

TEST(CircuitBreaker, ReportsWhatItCounts) {
  const circuit_breaker breaker(circuit_options{
      .name = "stock", .trip = failure_ratio{.ratio = 0.5, .within = 10s, .min_calls = 4}});
  play(breaker, "S@0 S@0 F@0");
  auto s = breaker.snapshot(at(0));
  EXPECT_EQ(s.name, "stock");
  EXPECT_EQ(s.buffered_calls, 3U);
  EXPECT_DOUBLE_EQ(s.failure_rate, -1);
  auto permit = breaker.try_acquire(at(0));
  permit->fail(at(0), "connection refused");
  EXPECT_EQ(breaker.state(at(0)), circuit_mode::open);
  play(breaker, "R@1 R@1");
  s = breaker.snapshot(at(1));
  EXPECT_DOUBLE_EQ(s.failure_rate, 50);
  EXPECT_EQ(s.last_error, "connection refused");
  EXPECT_EQ(s.successful, 2U);
  EXPECT_EQ(s.failed, 2U);
  EXPECT_EQ(s.not_permitted, 2U);
  EXPECT_EQ(s.transitions, 1U);
}

TEST(CircuitBreaker, KeepsNoMoreOfAnErrorThanIsUseful) {
  const circuit_breaker breaker(in_a_row(5, 5s));
  breaker.try_acquire(at(0))->fail(at(0), std::string(100'000, 'x'));
  EXPECT_EQ(breaker.snapshot(at(0)).last_error.size(), 256U);
}

TEST(CircuitBreaker, SharesItsCircuitAmongCopies) {
  const circuit_breaker a(in_a_row(1, 5s));
  const circuit_breaker b = a;
  play(a, "F@0");
  play(b, "R@1 open");
  EXPECT_EQ(a, b);
  EXPECT_NE(a, circuit_breaker(in_a_row(1, 5s)));
}

TEST(CircuitBreaker, LivesAsLongAsItsPermits) {
  auto breaker = std::make_unique<circuit_breaker>(in_a_row(1, 5s));
  auto permit = breaker->try_acquire(at(0));
  breaker.reset();
  permit->fail(at(1));
  // Making another frees what was left behind; the leak checker of the dev preset looks on.
  const circuit_breaker another(in_a_row(1, 5s));
}

TEST(CircuitBreaker, KeepsStateAndOpenTimeWhenItIsReconfigured) {
  const circuit_breaker breaker(in_a_row(1, 5s));
  play(breaker, "F@0 open");
  breaker.reconfigure(in_a_row(2, 60s));
  play(breaker, "R@4.9 open F@5 open R@64.9 S@65 closed F@66 closed F@66 open");
}

TEST(CircuitBreaker, KeepsItsWindowUnlessTheRuleChanged) {
  circuit_options options{.trip = failure_ratio{.ratio = 0.5, .within = 10s, .min_calls = 4}};
  const circuit_breaker breaker(options);
  play(breaker, "S@0 F@0 F@0 n=2");
  options.open_for = 7s;
  breaker.reconfigure(options);
  play(breaker, "@0 n=2");
  options.trip = failure_ratio{.ratio = 0.5, .within = 20s, .min_calls = 4};
  breaker.reconfigure(options);
  play(breaker, "@0 n=0 S@0 F@0 F@0 S@0 open");
  EXPECT_EQ(breaker.snapshot(at(0)).successful, 3U) << "totals go on";
}

TEST(CircuitBreaker, LetsProbesThroughAfterAReconfigurationThatAsksForFewer) {
  circuit_options options = in_a_row(1, 5s);
  options.half_open = {.permits = 1, .successes = 3, .longest_wait = 0s};
  const circuit_breaker breaker(options);
  play(breaker, "F@0 open S@5 S@5 half-open");
  options.half_open.successes = 2;
  breaker.reconfigure(options);
  play(breaker, "S@6 S@6 closed");
}

TEST(CircuitBreaker, ClosesAtTheEndOfARampThatAReconfigurationBrought) {
  circuit_options options = in_a_row(1, 5s);
  options.half_open = {.permits = 1, .successes = 3, .longest_wait = 0s};
  const circuit_breaker breaker(options);
  play(breaker, "F@0 open S@5 half-open");
  options.half_open = {.ramp = 10s};
  breaker.reconfigure(options);
  EXPECT_EQ(breaker.state(at(15)), circuit_mode::closed);
}

TEST(CircuitBreaker, RefusesUnsoundOptionsNamingAllThatIsWrong) {
  const circuit_options options{.name = "bad",
                                .trip = failure_ratio{.ratio = 0, .within = 0s, .min_calls = 0},
                                .open_for = 0s,
                                .half_open = {.permits = 0}};
  EXPECT_EQ(options.validate().size(), 5U);
  try {
    const circuit_breaker breaker(options);
    FAIL() << "it was accepted";
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("trip.ratio"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("half_open.permits"), std::string::npos) << e.what();
  }
}

TEST(CircuitBreaker, StaysOpenForEverRatherThanOverflowItsTime) {
  play(in_a_row(1, duration::max()), "F@0 R@1 open R@100000 open");
}

}  // namespace
}  // namespace weir
