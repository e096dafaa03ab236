#include "weir/resilience/retry/backoff.hpp"

#include <gtest/gtest.h>

#include "weir/resilience/retry/retry.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, StaysTheSameWhenItIsConstant) {
  fixed_random random(0.25);
  const backoff b = constant{100ms};
  EXPECT_EQ(b.delay(1, 0ms, random), 100ms);
  EXPECT_EQ(b.delay(9, 100ms, random), 100ms);
  EXPECT_EQ(backoff(constant{100ms, jitter::full}).delay(1, 0ms, random), 25ms);
}

TEST(Backoff, DoublesUpToItsLimit) {
  fixed_random random(0.5);
  const backoff b = exponential{.first = 50ms, .longest = 1s, .spread = jitter::none};
  EXPECT_EQ(b.delay(1, 0ms, random), 50ms);
  EXPECT_EQ(b.delay(2, 0ms, random), 100ms);
  EXPECT_EQ(b.delay(5, 0ms, random), 800ms);
  EXPECT_EQ(b.delay(6, 0ms, random), 1s);
  EXPECT_EQ(b.delay(4'000'000'000, 0ms, random), 1s);
}

TEST(Backoff, WithFullJitterIsAnythingUpToTheDelay) {
  seeded_random random(7);
  const backoff b = exponential{.first = 100ms, .longest = 1s};
  duration least = 1h, most = 0ms;
  for (int i = 0; i < 10'000; ++i) {
    const duration d = b.delay(2, 0ms, random);
    least = std::min(least, d);
    most = std::max(most, d);
  }
  EXPECT_LT(least, 1ms);
  EXPECT_GT(most, 199ms);
  EXPECT_LE(most, 200ms);
}

TEST(Backoff, DecorrelatedGrowsFromTheDelayBefore) {
  fixed_random lowest(0);
  fixed_random highest(0.9999999999);
  const backoff b = decorrelated{.first = 100ms, .longest = 1s};
  EXPECT_EQ(b.delay(1, 0ms, lowest), 100ms);
  EXPECT_NEAR(static_cast<double>(b.delay(1, 0ms, highest).count()), 300e6, 1e3);
  EXPECT_NEAR(static_cast<double>(b.delay(2, 250ms, highest).count()), 750e6, 1e3);
  EXPECT_NEAR(static_cast<double>(b.delay(3, 750ms, highest).count()), 1e9, 1e3);
  EXPECT_EQ(b.longest(1), 300ms);
  EXPECT_EQ(b.longest(2), 900ms);
  EXPECT_EQ(b.longest(3), 1s);
}

TEST(Backoff, MayBeAFunction) {
  fixed_random random(0.5);
  const backoff b = backoff::function([](std::uint32_t n) { return n * 10ms; });
  EXPECT_EQ(b.delay(3, 0ms, random), 30ms);
  EXPECT_EQ(b.longest(3), duration::max());
  EXPECT_EQ(backoff(backoff::function([](std::uint32_t) { return -1s; })).delay(1, 0ms, random),
            0s);
}

TEST(RetryOptions, NameAllThatIsWrong) {
  retry_options o{.attempts = 0, .backoff = exponential{.first = 2s, .longest = 1s, .factor = 0.5}};
  EXPECT_EQ(o.validate().size(), 3U);
  EXPECT_THROW(retry{o}, std::invalid_argument);
  EXPECT_TRUE(retry_options{}.validate().empty());
}

}  // namespace
}  // namespace weir
