// Recovery by a ramp, and the other ways in which the originals differ from each other.

#include <gtest/gtest.h>

#include "unit/resilience/circuit_breaker/trace.hpp"
#include "weir/resilience/circuit_breaker/profiles.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::play;

circuit_options ramp(duration length, random_source& random) {
  return {.trip = failures_in_a_row{1},
          .open_for = 5s,
          .half_open = {.ramp = length, .ramp_ratio = 0.5, .ramp_min_calls = 4},
          .random = &random};
}

TEST(Ramp, AdmitsMoreTheLongerItRecovers) {
  seeded_random random(1);
  const circuit_breaker breaker(ramp(10s, random));
  play(breaker, "F@0 open R@4.9");
  std::vector<int> admitted(10);
  for (int i = 0; i < 10'000; ++i) {
    auto permit = breaker.try_acquire(at(5 + i * 0.001));
    if (!permit) continue;
    ++admitted[static_cast<std::size_t>(i / 1000)];
    permit->succeed(at(5 + i * 0.001));
  }
  // 2^(t/10) - 1 in the middle of each second.
  for (std::size_t s = 0; s < 10; ++s) {
    const double expected = std::exp2((static_cast<double>(s) + 0.5) / 10) - 1;
    EXPECT_NEAR(admitted[s] / 1000.0, expected, 0.06) << "second " << s;
  }
  EXPECT_EQ(breaker.state(at(14.999)), circuit_mode::half_open);
  EXPECT_EQ(breaker.state(at(15)), circuit_mode::closed);
}

TEST(Ramp, OpensAgainWhenTooManyFail) {
  fixed_random random(0.1);
  const circuit_breaker breaker(ramp(10s, random));
  play(breaker, "F@0 R@5 S@9 S@9 F@9 half-open F@9 open R@13.9 R@14 F@18 S@18 S@18 S@18 half-open");
}

TEST(Ramp, NeedsItsLeastCallsToOpenAgain) {
  fixed_random random(0.1);
  play(circuit_breaker(ramp(10s, random)), "F@0 R@5 F@9 F@9 F@9 half-open F@9 open");
}

TEST(Ramp, ClosesThoughNobodyCalledDuringIt) {
  fixed_random random(0.1);
  play(circuit_breaker(ramp(10s, random)), "F@0 R@5 @15 closed S@15");
}

TEST(Ramp, IsNotHeldByACallThatIsForgotten) {
  fixed_random random(0.1);
  const circuit_breaker breaker(ramp(10s, random));
  play(breaker, "F@0 R@5");
  {
    const auto forgotten = breaker.try_acquire(at(9));
  }
  EXPECT_EQ(breaker.snapshot(at(9)).probes_in_flight, 0U);
  play(breaker, "@15 closed");
}

TEST(Buckets, TripWhenAllTenAreBad) {
  const circuit_options options{.trip = failing_buckets{.ratio = 0.5, .within = 10s},
                                .open_for = 10s};
  play(options, "F@0 F@1 F@2 F@3 F@4 F@5 F@6 F@7 F@8 closed F@9 open");
  play(options, "F@0 F@1 F@2 F@3 F@4 F@5 F@6 F@7 F@8 S@9 closed F@9 open");
  play(options, "F@0 F@1 F@2 S@3 F@4 F@5 F@6 F@7 F@8 F@9 F@10 F@11 F@12 closed F@13 open");
}

TEST(Buckets, AreEmptyAfterALongSilence) {
  const circuit_options options{.trip = failing_buckets{.ratio = 0.5, .within = 10s},
                                .open_for = 10s};
  play(options, "F@0 F@1 F@2 F@3 F@4 F@5 F@6 F@7 F@8 F@3600 closed");
}

TEST(Ignored, CountsAsASuccessIfToldTo) {
  const circuit_options as_success{.trip = failures_in_a_row{2}, .ignored = ignored_as::success};
  play(as_success, "F@0 n=1 I@1 n=0 F@2 n=1 closed");
  const circuit_options as_nothing{.trip = failures_in_a_row{2}};
  play(as_nothing, "F@0 n=1 I@1 n=1 F@2 open");
}

TEST(Ignored, IsNoSuccessWhenTheCallWasWithdrawn) {
  const circuit_breaker breaker(circuit_options{
      .trip = failures_in_a_row{1}, .open_for = 5s, .ignored = ignored_as::success});
  play(breaker, "F@0");
  {
    const auto forgotten = breaker.try_acquire(at(5));
  }
  EXPECT_EQ(breaker.state(at(5)), circuit_mode::half_open);
  auto probe = breaker.try_acquire(at(5));
  probe->withdraw(at(5));
  EXPECT_EQ(breaker.state(at(5)), circuit_mode::half_open);
  play(breaker, "I@5 closed");
}

TEST(Evaluation, OnCallLeavesTheStateAsTheLastCallSawIt) {
  const circuit_options options{
      .trip = failures_in_a_row{1}, .open_for = 5s, .evaluated = evaluation::on_call};
  play(options, "F@0 open @5 open @100 open S@100 closed");
}

TEST(ClosedAtLeast, DoesNotTripAgainForAWhile) {
  const circuit_options options{
      .trip = failures_in_a_row{1}, .open_for = 5s, .closed_at_least = 10s};
  play(options, "F@0 open S@5 closed F@6 F@14.9 closed F@15 open");
}

TEST(Profiles, AreSound) {
  for (const circuit_options& o :
       {profiles::pybreaker(), profiles::fabfuel(), profiles::book(2, 5s, 5s),
        profiles::aiomisc(0.5, 10s), profiles::aiomisc_as_documented(0.2, 20s, 5s),
        profiles::resilience4j(), profiles::gobreaker()}) {
    EXPECT_TRUE(o.validate().empty());
  }
}

TEST(Options, ComeBackAsTheyWereGiven) {
  circuit_options options = profiles::aiomisc(0.5, 10s);
  options.name = "author";
  const circuit_breaker one(options);
  const circuit_breaker two(options);
  EXPECT_EQ(one.options(), options);
  EXPECT_EQ(two.options(), options);
}

TEST(Options, RefuseAnUnsoundRamp) {
  EXPECT_EQ((circuit_options{.half_open = {.ramp = -1s, .ramp_ratio = 0, .ramp_min_calls = 0}}
                 .validate()
                 .size()),
            3U);
}

}  // namespace
}  // namespace weir
