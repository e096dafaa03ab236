#include "weir/resilience/hedge/hedge.hpp"

#include <gtest/gtest.h>

#include "unit/resilience/pipeline/driver.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::bad;
using test::driver;
using test::good;
using test::hangs;

hedge after(duration d, std::uint32_t attempts = 2) {
  return hedge({.after = d, .attempts = attempts, .budget = std::nullopt});
}

circuit_breaker breaker_of(std::uint32_t failures) {
  return circuit_breaker(
      circuit_options{.name = "author", .trip = failures_in_a_row{failures}, .open_for = 5s});
}

TEST(Hedge, SendsNoneBesideAnAttemptThatAnswersInTime) {
  const pipeline p(after(50ms));
  driver d(p, {good(49ms)});
  EXPECT_EQ(d.run().attempt, 1U);
  EXPECT_EQ(d.story(), "0 start#1, 49 finish ok");
}

TEST(Hedge, TakesTheSecondIfItAnswersFirst) {
  const pipeline p(after(50ms));
  driver d(p, {good(200ms), good(30ms)});
  const action end = d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 80 cancel#1, 80 finish ok");
  EXPECT_EQ(end.attempt, 2U);
  EXPECT_EQ(d.call().attempts(), 2U);
}

TEST(Hedge, TakesTheFirstIfItAnswersAfterAll) {
  const pipeline p(after(50ms));
  driver d(p, {good(70ms), good(30ms)});
  const action end = d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 70 cancel#2, 70 finish ok");
  EXPECT_EQ(end.attempt, 1U);
}

TEST(Hedge, SendsAsManyAsItMay) {
  const pipeline p(after(50ms, 3));
  driver d(p, {hangs(), hangs(), good(500ms)});
  d.run();
  EXPECT_EQ(d.story(),
            "0 start#1, 50 start#2, 100 start#3, 600 cancel#1, 600 cancel#2, 600 finish ok");
}

TEST(Hedge, LeavesAloneWhatMayNotBeSentTwice) {
  const pipeline p(after(50ms));
  driver d(p, {good(200ms)}, {.retryable = false});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 200 finish ok");
}

TEST(Hedge, WaitsForTheOthersWhenOneFails) {
  const pipeline p(after(50ms));
  driver d(p, {bad(60ms), good(30ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 80 finish ok");
  driver both(p, {bad(60ms), bad(70ms, cause::connect)});
  const action end = both.run();
  EXPECT_EQ(both.story(), "0 start#1, 50 start#2, 120 finish connect");
  EXPECT_EQ(end.attempt, 2U);
}

TEST(Hedge, StartsNoneForAFailure) {
  const pipeline p(after(50ms));
  driver d(p, {bad(10ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 10 finish reset");
}

TEST(Hedge, EndsWhenTheLosersAreGone) {
  const pipeline p(after(50ms, 3));
  driver d(p, {hangs(), hangs(), good(10ms)});
  d.slow_to_stop(5ms);
  d.run();
  EXPECT_EQ(d.story(),
            "0 start#1, 50 start#2, 100 start#3, 110 cancel#1, 115 cancel#2, 120 finish ok");
}

TEST(Hedge, TakesEventsOfOthersWhileOneIsStopping) {
  const pipeline p(after(50ms, 3));
  driver d(p, {hangs(), good(63ms), good(10ms)});
  d.slow_to_stop(5ms);
  const action end = d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 100 start#3, 110 cancel#1, 115 finish ok")
      << "the second ended by itself meanwhile";
  EXPECT_EQ(end.attempt, 3U);
}

TEST(TimeoutHedge, CancelsAll) {
  const pipeline p(timeout(80ms), after(50ms));
  driver d(p, {hangs(), hangs()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 80 cancel#1, 80 cancel#2, 80 finish timeout");
}

TEST(HedgeTimeout, LimitsEachAttempt) {
  const pipeline p(after(50ms), timeout(80ms));
  driver d(p, {hangs(), hangs()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 80 cancel#1, 130 cancel#2, 130 finish timeout");
  driver saved(p, {hangs(), good(60ms)});
  saved.slow_to_stop(3ms);
  saved.run();
  EXPECT_EQ(saved.story(), "0 start#1, 50 start#2, 80 cancel#1, 110 finish ok");
}

TEST(HedgeTimeout, StartsAnotherWhileOneIsStopping) {
  const pipeline p(after(50ms), timeout(49ms), breaker_of(9));
  driver d(p, {hangs(), good(10ms)});
  d.slow_to_stop(20ms);
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 49 cancel#1, 50 start#2, 69 finish ok")
      << "the call ends when no attempt is left";
}

TEST(Hedge, EndsAtTheCallersDeadline) {
  const pipeline p(fallback_point(), after(50ms));
  driver d(p, {hangs(), hangs()}, {.until = deadline::after(driver::t0, 70ms)});
  d.run();
  EXPECT_EQ(d.story(),
            "0 start#1, 50 start#2, 70 cancel#1, 70 cancel#2, 70 finish fallback for deadline");
}

TEST(Hedge, IsCancelledWithAllItsAttempts) {
  const pipeline p(after(50ms));
  driver d(p, {hangs(), hangs()});
  d.run(60ms);
  EXPECT_EQ(d.in_flight(), 2U);
  d.cancel();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 60 cancel#1, 60 cancel#2, 60 finish canceled");
}

TEST(HedgeBreaker, CountsALoserAsNoFailure) {
  const auto breaker = breaker_of(1);
  const pipeline p(after(50ms), breaker);
  driver d(p, {hangs(), good(10ms)});
  d.run();
  const auto seen = breaker.snapshot(d.now());
  EXPECT_EQ(seen.state, circuit_mode::closed);
  EXPECT_EQ(seen.successful, 1U);
  EXPECT_EQ(seen.ignored, 1U);
}

TEST(TimeoutHedgeBreaker, CountsBothThatHung) {
  const auto breaker = breaker_of(2);
  const pipeline p(timeout(80ms), after(50ms), breaker);
  driver d(p, {hangs(), hangs()});
  d.run();
  EXPECT_EQ(breaker.state(d.now()), circuit_mode::open);
}

TEST(HedgeBreaker, TellsHowTheCallFailedAndNotThatTheHedgeWasRejected) {
  auto options = circuit_options{.name = "author", .trip = failures_in_a_row{1}, .open_for = 5s};
  const circuit_breaker breaker(options);
  const pipeline p(after(50ms), breaker);
  driver d(p, {bad(100ms)});
  d.run(20ms);
  breaker.force_open(d.now());
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 100 finish reset") << "the second was turned away at 50";
}

TEST(RetryHedge, TriesAgainWhenBothFailed) {
  const pipeline p(retry({.attempts = 2, .backoff = 100ms}), after(50ms));
  driver d(p, {bad(60ms), bad(20ms), hangs(), good(5ms)});
  d.run();
  EXPECT_EQ(d.story(),
            "0 start#1, 50 start#2, 170 start#3, 220 start#4, 225 cancel#3, 225 finish ok");
}

TEST(HedgeRetry, RetriesInEachBranch) {
  const pipeline p(after(50ms), retry({.attempts = 2, .backoff = 100ms}));
  driver d(p, {bad(10ms), hangs(), good(10ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 110 start#3, 120 cancel#2, 120 finish ok");
}

TEST(HedgeHedge, RacesInsideARace) {
  const pipeline p(after(100ms), after(30ms));
  driver d(p, {hangs(), hangs(), hangs(), good(10ms)});
  d.run();
  EXPECT_EQ(d.story(),
            "0 start#1, 30 start#2, 100 start#3, 130 start#4, 140 cancel#3, 140 cancel#1, 140 "
            "cancel#2, 140 finish ok");
}

TEST(HedgeFallback, GivesTheFallbackOfTheBranchThatWon) {
  const pipeline p(timeout(10s), after(50ms), fallback_point());
  driver d(p, {hangs(), bad(10ms)});
  const action end = d.run();
  EXPECT_EQ(d.story(), "0 start#1, 50 start#2, 60 cancel#1, 60 finish fallback for reset");
  EXPECT_EQ(end.fallback, 2);
}

TEST(Hedge, StaysWithinItsBudget) {
  const retry_budget budget({.ratio = 0.1, .floor = 0});
  const hedge h({.after = 50ms, .budget = budget});
  const pipeline p{h};
  std::uint32_t attempts = 0;
  for (int i = 0; i < 100; ++i) {
    driver d(p, {good(60ms), good(60ms)});
    d.run();
    attempts += d.call().attempts();
  }
  EXPECT_EQ(attempts, 110U);
  EXPECT_EQ(h.look().hedges, 10U);
  EXPECT_EQ(h.look().refused, 90U);
}

TEST(RetryHedge, ShareABudgetThatCountsEachCallOnce) {
  const retry_budget budget({.ratio = 0.5, .floor = 0});
  const pipeline p(retry({.attempts = 2, .backoff = 0ms, .budget = budget}),
                   hedge({.after = 50ms, .budget = budget}));
  for (int i = 0; i < 10; ++i) driver(p, {good()}).run();
  EXPECT_EQ(budget.look(driver::t0).first_attempts, 10U);
}

TEST(Hedge, LearnsItsDelayFromWhatCallsTake) {
  const hedge h({.after = latency_percentile{.of = 0.9, .unknown = 500ms, .min_calls = 20},
                 .budget = std::nullopt});
  const pipeline p{h};
  EXPECT_EQ(h.look().delay, 500ms);
  for (int i = 0; i < 100; ++i) driver(p, {good(i % 10 == 0 ? 400ms : 20ms)}).run();
  EXPECT_GE(h.look().delay, 20ms);
  EXPECT_LE(h.look().delay, 22ms);
  driver slow(p, {good(400ms), good(20ms)});
  slow.run();
  EXPECT_EQ(slow.call().attempts(), 2U);
}

hedge of_median() {
  return hedge({.after = latency_percentile{.of = 0.5, .unknown = 500ms, .min_calls = 20},
                .budget = std::nullopt});
}

TEST(Hedge, LearntItsDelayFromCallsThatTheirCallerHadLeft) {
  const hedge h = of_median();
  const pipeline p{h};
  for (int i = 0; i < 100; ++i) driver(p, {good(100ms)}).run();
  for (int i = 0; i < 1000; ++i) {
    driver d(p, {hangs()});
    d.run(5ms);
    d.cancel();
    ASSERT_TRUE(d.call().finished());
  }
  EXPECT_GE(h.look().delay, 100ms);
}

TEST(Hedge, LearntItsDelayFromTheDeadlinesOfItsCallers) {
  const hedge h = of_median();
  const pipeline p{h};
  for (int i = 0; i < 100; ++i) driver(p, {good(100ms)}).run();
  for (int i = 0; i < 1000; ++i) {
    driver(p, {hangs()}, {.until = deadline::after(driver::t0, 5ms)}).run();
  }
  EXPECT_GE(h.look().delay, 100ms);
}

TEST(HedgeHedge, LearnsFromThoseThatLostAndNotFromThoseThatWereLeft) {
  const hedge inner = of_median();
  const pipeline p(after(50ms), inner);
  for (int i = 0; i < 100; ++i) driver(p, {hangs(), good(10ms)}).run();
  EXPECT_GE(inner.look().delay, 10ms);
  for (int i = 0; i < 1000; ++i) {
    driver d(p, {hangs()});
    d.run(1ms);
    d.cancel();
  }
  EXPECT_GE(inner.look().delay, 10ms);
}

TEST(TimeoutHedge, LearnsFromCallsThatTookAllTheirTime) {
  const hedge h = of_median();
  const pipeline p(timeout(80ms), h);
  for (int i = 0; i < 100; ++i) driver(p, {good(10ms)}).run();
  for (int i = 0; i < 1000; ++i) driver(p, {hangs(), hangs()}).run();
  EXPECT_GE(h.look().delay, 40ms) << "the hedge of each began later, and took less";
}

TEST(Hedge, IsDestroyedInFlight) {
  const auto outer = breaker_of(1), inner = breaker_of(1);
  const pipeline p(outer, after(50ms), inner);
  {
    driver d(p, {hangs(), hangs()});
    d.run(60ms);
  }
  EXPECT_EQ(outer.snapshot(driver::t0).ignored, 1U);
  EXPECT_EQ(inner.snapshot(driver::t0).ignored, 2U);
}

TEST(Hedge, TellsWhatACallCanCost) {
  const pipeline p = retry({.attempts = 2, .backoff = 10ms}) | after(50ms) | timeout(100ms);
  EXPECT_EQ(p.worst(), (worst_case{4, 2 * 150ms + 10ms}));
}

TEST(HedgeOptions, SayEverythingThatIsWrong) {
  EXPECT_TRUE(hedge_options{}.validate().empty());
  EXPECT_EQ((hedge_options{.after = 0ms, .attempts = 1}.validate().size()), 2U);
  EXPECT_EQ((hedge_options{.after = latency_percentile{.of = 1.0}}.validate().size()), 1U);
  EXPECT_THROW(hedge({.attempts = 0}), std::invalid_argument);
}

// Whatever a random call does: every attempt started ends or is cancelled, exactly once, before
// the call finishes; there is one finish; the number of it is of an attempt that was made.
TEST(Hedge, AccountsForEveryAttemptWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    seeded_random random(seed);
    std::vector<layer_ptr> layers;
    const auto depth = 1 + random.below(5);
    for (std::uint64_t i = 0; i < depth; ++i) {
      const duration some = std::chrono::milliseconds(1 + random.below(60));
      switch (random.below(5)) {
        case 0:
          layers.push_back(as_layer(timeout(some * 2)));
          break;
        case 1:
          layers.push_back(as_layer(
              retry({.attempts = 2, .backoff = some, .retry_rejections = random.below(2) == 0})));
          break;
        case 2:
          layers.push_back(as_layer(breaker_of(2)));
          break;
        case 3:
          layers.push_back(as_layer(fallback_point()));
          break;
        default:
          layers.push_back(as_layer(after(some, 2 + static_cast<std::uint32_t>(random.below(2)))));
      }
    }
    std::vector<test::scripted_attempt> script;
    for (int i = 0; i < 30; ++i) {
      const duration takes = std::chrono::milliseconds(random.below(120));
      const auto kind = random.below(4);
      script.push_back(kind == 0 ? hangs() : kind == 1 ? good(takes) : bad(takes));
    }
    const pipeline p(layers);
    driver d(p, script, {.until = deadline::after(driver::t0, 1s)});
    if (random.below(2) == 0) d.slow_to_stop(std::chrono::milliseconds(1 + random.below(30)));
    if (random.below(4) == 0) {
      d.run(std::chrono::milliseconds(random.below(100)));
      if (!d.call().finished()) d.cancel();
    }
    const action end = d.run();
    ASSERT_TRUE(d.call().finished()) << "seed " << seed << ": " << d.story();
    ASSERT_EQ(d.in_flight(), 0U) << "seed " << seed << ": " << d.story();
    ASSERT_EQ(d.story().find("not there"), std::string::npos) << seed << ": " << d.story();
    ASSERT_LE(end.attempt, d.call().attempts()) << "seed " << seed << ": " << d.story();
    ASSERT_EQ(d.call().next(d.now()).kind, action_kind::none);
  }
}

}  // namespace
}  // namespace weir
