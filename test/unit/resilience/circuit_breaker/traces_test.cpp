// Traces executed against other breakers, which ours, configured likewise, must reproduce.

#include <gtest/gtest.h>

#include "unit/resilience/circuit_breaker/trace.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::play;

circuit_options trips_after(std::uint32_t failures, duration open_for) {
  return {.trip = failures_in_a_row{failures}, .open_for = open_for};
}

TEST(TraceOfPybreaker, OpensAtTheThirdFailureAndProbesAtTheExactEnd) {
  play(trips_after(3, 15s),
       "F@0 closed n=1 F@1 closed n=2 F@2 open n=3 R@3 R@16.9 F@17 open n=4 R@31.99 S@32 closed "
       "n=0");
}

TEST(TraceOfPybreaker, ClosesAfterThreeGoodProbesInSuccession) {
  auto options = trips_after(3, 10s);
  options.half_open = {.permits = 1, .successes = 3};
  play(options,
       "F@0 F@0 F@0 open S@10 half-open S@10 half-open F@10 open R@19 S@20 S@20 half-open S@20 "
       "closed n=0");
}

TEST(TraceOfPybreaker, CountsAnExcludedErrorAsASuccess) {
  play(trips_after(5, 60s), "F@0 n=1 S@1 n=0 F@2 n=1 S@3 n=0");
}

TEST(TraceOfFabfuel, ReadsHalfOpenWithoutACall) {
  play(trips_after(3, 1s),
       "S@0 F@0 n=1 F@0 n=2 F@0 open n=3 R@.1 R@.99 @1.0 half-open F@1.0 open n=4 R@1.5 @2.0 "
       "half-open S@2.0 closed n=0");
}

TEST(TraceOfFabfuel, FallsBackWhileItIsOpen) {
  play(trips_after(5, 10s),
       "F@0 F@1 F@2 F@3 F@4 open R@5 R@13.99 F@14 n=6 open R@15 R@23.9 S@24 closed");
}

TEST(TraceOfFabfuel, AdmitsACrowdInHalfOpenIfEveryoneMayProbe) {
  auto options = trips_after(1, 1s);
  options.half_open = {.permits = everyone};
  const circuit_breaker breaker(options);
  play(breaker, "F@0 open");
  auto a = breaker.try_acquire(at(1));
  auto b = breaker.try_acquire(at(1));
  auto c = breaker.try_acquire(at(1));
  ASSERT_TRUE(a && b && c);
  b->succeed(at(1));
  EXPECT_EQ(breaker.state(at(1)), circuit_mode::closed);
}

circuit_options book() {
  return {.trip = failures_within{.failures = 2, .within = 5s},
          .open_for = 5s,
          .reopens = reopening::exclusive,
          .since = open_since::call_start};
}

TEST(TraceOfTheBook, ProbesStrictlyAfterTheResetInterval) {
  play(book(), "F@0 F@1 open R@2 R@2 R@6 open @6.001 half-open F@6.001 open R@11 S@11.002 closed");
}

TEST(TraceOfTheBook, ForgetsFailuresThatLeftTheWindow) {
  play(book(), "F@0 S@3 S@5 F@6 closed n=1");
}

TEST(TraceOfTheBook, ItsListingWithCallsThatTimeOutAfterASecond) {
  const circuit_breaker breaker(book());
  const auto times_out = [&](double start) {
    auto permit = breaker.try_acquire(at(start));
    if (!permit) return false;
    permit->fail(at(start + 1));
    return true;
  };
  EXPECT_TRUE(times_out(0));
  EXPECT_TRUE(times_out(1));
  EXPECT_FALSE(times_out(2));
  EXPECT_FALSE(times_out(2));
  EXPECT_TRUE(times_out(7)) << "five seconds after the start of the last admitted call, and more";
  EXPECT_FALSE(times_out(8));
  EXPECT_FALSE(times_out(8));
  EXPECT_FALSE(times_out(8));
}

TEST(TraceOfResilience4j, OpensAtSixtyPercentOfFiveCalls) {
  const circuit_options options{.trip = failure_ratio{.ratio = 0.5, .within = 20s, .min_calls = 5}};
  play(options, "F@0 F@1 F@2 S@3 closed S@4 open");
}

TEST(TraceOfResilience4j, OpensAtExactlyFiftyPercent) {
  const circuit_options options{.trip = failure_ratio{.ratio = 0.5, .within = 20s, .min_calls = 5}};
  play(options, "S@0 S@0 S@0 F@0 F@0 closed F@0 open");
}

TEST(TraceOfResilience4j, OpensAtSixtyPercentOfSlowCalls) {
  const circuit_breaker breaker(circuit_options{
      .trip = slow_ratio{.ratio = 0.5, .slower_than = 4s, .within = 20s, .min_calls = 5}});
  double now = 0;
  for (const double took : {5.0, 5.0, 0.1, 0.1, 5.0}) {
    EXPECT_EQ(breaker.state(at(now)), circuit_mode::closed);
    auto permit = breaker.try_acquire(at(now));
    ASSERT_TRUE(permit);
    now += took;
    permit->succeed(at(now));
  }
  EXPECT_EQ(breaker.state(at(now)), circuit_mode::open);
  EXPECT_DOUBLE_EQ(breaker.snapshot(at(now)).failure_rate, 60);
}

TEST(TraceOfResilience4j, AdmitsFourProbesAndAnotherForOneReleased) {
  auto options = trips_after(1, 1s);
  options.half_open = {.permits = 4};
  const circuit_breaker breaker(options);
  play(breaker, "F@0");
  std::vector<result<permit, rejection>> probes;
  for (int i = 0; i < 4; ++i) probes.push_back(breaker.try_acquire(at(1)));
  for (const auto& p : probes) EXPECT_TRUE(p);
  EXPECT_FALSE(breaker.try_acquire(at(1)));
  EXPECT_FALSE(breaker.try_acquire(at(1)));
  probes[2]->ignore(at(1));
  auto another = breaker.try_acquire(at(1));
  EXPECT_TRUE(another);
  EXPECT_FALSE(breaker.try_acquire(at(1)));
  probes[0]->succeed(at(1));
  EXPECT_FALSE(breaker.try_acquire(at(1))) << "a verdict uses a permit up, it does not free it";
}

TEST(TraceOfResilience4j, OpensWhenNoProbeReportsInTime) {
  auto options = trips_after(1, 1s);
  options.half_open = {.permits = 2, .longest_wait = 1s};
  const circuit_breaker breaker(options);
  play(breaker, "F@0");
  auto hung = breaker.try_acquire(at(1));
  EXPECT_EQ(breaker.state(at(1.999)), circuit_mode::half_open);
  EXPECT_EQ(breaker.state(at(2)), circuit_mode::open);
  hung->succeed(at(2.5));
  EXPECT_EQ(breaker.state(at(2.5)), circuit_mode::open);
}

TEST(TraceOfGobreaker, OpensAfterMoreThanFiveInARow) {
  play(trips_after(6, 60s),
       "F@0 F@0 F@0 F@0 F@0 S@0 F@0 closed n=1 F@0 F@0 F@0 F@0 closed F@0 open @59.999 open "
       "R@59.999 "
       "@60 half-open F@60 open");
}

TEST(TraceOfFailsafe, CountsThreeInARow) {
  play(trips_after(3, 60s), "F@0 S@0 F@0 F@0 closed F@0 open");
}

TEST(TraceOfFailsafe, CountsTwoOfTheLastThree) {
  play(circuit_options{.trip = failures_of_last{.failures = 2, .calls = 3}},
       "F@0 S@0 closed F@0 open");
  play(circuit_options{.trip = failures_of_last{.failures = 2, .calls = 3}},
       "F@0 S@0 S@0 F@0 S@0 S@0 F@0 closed F@0 open");
}

TEST(TraceOfFailsafe, NeedsThreeOfFourInHalfOpen) {
  auto options = trips_after(1, 1s);
  options.half_open = {.permits = 1, .successes = 3, .of = 4};
  play(options, "F@0 S@1 F@1 S@1 half-open F@1 open");
  play(options, "F@0 S@1 F@1 S@1 half-open S@1 closed");
}

TEST(TraceOfSentinel, OpensAboveHalfOfTen) {
  const circuit_options options{
      .trip = failure_ratio{
          .ratio = 0.5, .within = 10s, .min_calls = 10, .compare = comparison::more_than}};
  play(options, "F@0 F@0 F@0 F@0 F@0 F@0 S@0 S@0 S@0 closed F@0 open");
  play(options, "F@0 F@0 F@0 F@0 F@0 S@0 S@0 S@0 S@0 S@0 closed F@0 open");
}

TEST(TraceOfNobody, StaysClosedAfterAnIdleHour) {
  const circuit_options options{.trip = failure_ratio{.ratio = 0.5, .within = 5s, .min_calls = 5}};
  play(options, "F@0 F@1 F@2 F@3 closed n=4 F@3603 closed n=1");
}

}  // namespace
}  // namespace weir
