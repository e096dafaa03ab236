#include "weir/resilience/rate_limiter/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "unit/resilience/pipeline/driver.hpp"
#include "unit/resilience/start.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::driver;
using test::good;

using test::t0;

TEST(RateLimiter, SmoothLetsSevenAtOnceWaitUpToThreeSeconds) {
  const rate_limiter limit({.allow = smooth{500ms}, .longest_wait = 3s});
  for (int i = 0; i < 7; ++i) {
    const auto wait = limit.reserve(t0);
    ASSERT_TRUE(wait) << i;
    EXPECT_EQ(*wait, i * 500ms);
  }
  const auto eighth = limit.reserve(t0);
  ASSERT_FALSE(eighth);
  EXPECT_EQ(eighth.error().why, cause::rejected_rate);
  EXPECT_EQ(eighth.error().retry_after, 500ms) << "then it would be within the longest wait";
}

TEST(RateLimiter, SmoothSavesNothingUpWhileItIsQuiet) {
  const rate_limiter limit({.allow = smooth{100ms}});
  EXPECT_TRUE(limit.try_acquire(t0));
  EXPECT_FALSE(limit.try_acquire(t0 + 99ms));
  EXPECT_TRUE(limit.try_acquire(t0 + 10s));
  EXPECT_FALSE(limit.try_acquire(t0 + 10s));
}

TEST(RateLimiter, BurstyLetsABurstGoAndThenItsRate) {
  const rate_limiter limit({.allow = bursty{.calls = 3, .within = 1s}});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.try_acquire(t0));
  const auto fourth = limit.try_acquire(t0);
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().retry_after, duration(1s) / 3);
  EXPECT_FALSE(limit.try_acquire(t0 + 333ms));
  EXPECT_TRUE(limit.try_acquire(t0 + 334ms));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.try_acquire(t0 + 2s));
  EXPECT_FALSE(limit.try_acquire(t0 + 2s));
}

TEST(RateLimiter, BurstMayBeSetApart) {
  const rate_limiter limit({.allow = bursty{.calls = 10, .within = 1s, .burst = 2}});
  EXPECT_EQ(limit.look(t0).available, 2U);
  EXPECT_TRUE(limit.try_acquire(t0, 2));
  EXPECT_FALSE(limit.try_acquire(t0 + 99ms));
  EXPECT_TRUE(limit.try_acquire(t0 + 100ms));
}

TEST(RateLimiter, WaitsInAPipeline) {
  const rate_limiter limit({.allow = smooth{500ms}, .longest_wait = 600ms});
  const pipeline p{limit};
  driver first(p, {good()}), second(p, {good()}), third(p, {good()});
  first.run();
  second.run();
  third.run();
  EXPECT_EQ(first.story(), "0 start#1, 0 finish ok");
  EXPECT_EQ(second.story(), "500 start#1, 500 finish ok");
  EXPECT_EQ(third.story(), "0 finish rejected_rate");
}

TEST(RateLimiter, DoesNotWaitForATurnAfterTheDeadline) {
  const rate_limiter limit({.allow = smooth{500ms}, .longest_wait = 3s});
  const pipeline p{limit};
  ASSERT_TRUE(limit.try_acquire(t0));
  driver d(p, {good()}, {.until = deadline::after(t0, 300ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 finish rejected_rate");
}

TEST(RateLimiter, TakesTheTurnBackOfOneThatIsCancelled) {
  const rate_limiter limit({.allow = smooth{500ms}, .longest_wait = 3s});
  const pipeline p{limit};
  ASSERT_TRUE(limit.try_acquire(t0));
  driver gone(p, {good()});
  gone.run(10ms);
  gone.cancel();
  EXPECT_EQ(*limit.reserve(t0 + 10ms), 490ms);
}

TEST(RateLimiterOptions, SayEverythingThatIsWrong) {
  EXPECT_TRUE(rate_limiter_options{}.validate().empty());
  EXPECT_EQ((rate_limiter_options{.allow = smooth{0s}, .longest_wait = -1s}.validate().size()), 2U);
  EXPECT_FALSE(
      (rate_limiter_options{.allow = bursty{.calls = 2'000'000, .within = 1s}}.validate().empty()));
  EXPECT_FALSE((rate_limiter_options{.allow = bursty{.calls = 0}}.validate().empty()));
}

// In no stretch of time do more go than the burst and what the rate brings in it; and one who is
// rejected and comes back at the time told is let through, if nobody else came.
TEST(RateLimiter, NeverLetsMoreGoThanItsRate) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    seeded_random random(seed);
    const bursty b{.calls = static_cast<std::uint32_t>(1 + random.below(20)),
                   .within = std::chrono::milliseconds(10 + random.below(1000)),
                   .burst = static_cast<std::uint32_t>(1 + random.below(20))};
    const duration longest = std::chrono::milliseconds(random.below(200));
    const rate_limiter limit({.allow = b, .longest_wait = longest});
    const duration interval = limit.options().interval();
    std::vector<time_point> went;
    time_point now = t0;
    for (int i = 0; i < 300; ++i) {
      now += std::chrono::microseconds(random.below(2 * 1000 * 50));
      auto wait = limit.reserve(now);
      if (!wait) {
        now += wait.error().retry_after;
        wait = limit.reserve(now);
        ASSERT_TRUE(wait) << "seed " << seed;
      }
      ASSERT_LE(*wait, longest);
      went.push_back(now + *wait);
    }
    for (std::size_t i = 0; i < went.size(); ++i) {
      for (std::size_t k = i + limit.options().burst(); k < went.size(); ++k) {
        const auto beyond = static_cast<std::int64_t>(k - i + 1 - limit.options().burst());
        ASSERT_GE(went[k] - went[i], interval * beyond) << "seed " << seed;
      }
    }
  }
}

TEST(RateLimiter, GivesEachTurnToOneThreadOnly) {
  const rate_limiter limit({.allow = bursty{.calls = 1000, .within = 1s}});
  std::atomic<int> went{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) went += limit.try_acquire(t0) ? 1 : 0;
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(went, 1000);
}

}  // namespace
}  // namespace weir
