#include "weir/resilience/throttler/throttler.hpp"

#include <gtest/gtest.h>

#include "unit/resilience/pipeline/driver.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::bad;
using test::driver;
using test::good;

constexpr time_point t0 = driver::t0;

TEST(Throttler, TurnsNobodyAwayWhileHalfAreServed) {
  const throttler t({.factor = 2});
  fixed_random lowest(0.0);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(t.try_acquire(t0 + i * 1ms, lowest));
    t.record(i % 2 == 0 ? verdict::ok : verdict::failure, t0 + i * 1ms);
  }
  EXPECT_EQ(t.look(t0 + 100ms).rejecting, 0);
}

TEST(Throttler, RejectsWithTheBooksProbability) {
  const throttler t({.factor = 2});
  for (int i = 0; i < 100; ++i) t.record(i < 20 ? verdict::ok : verdict::failure, t0);
  EXPECT_DOUBLE_EQ(t.look(t0).rejecting, (100.0 - 2 * 20) / 101);
  fixed_random below(0.59), above(0.6);
  EXPECT_TRUE(t.try_acquire(t0, above));
  EXPECT_FALSE(t.try_acquire(t0, below));
  EXPECT_EQ(t.look(t0).requests, 101U) << "one turned away is a request too";
}

TEST(Throttler, SettlesWhereSoManyAreSentForEachServed) {
  const throttler t({.factor = 2, .within = 10s});
  seeded_random random(3);
  int sent = 0, served = 0;
  time_point now = t0;
  for (int i = 0; i < 200'000; ++i) {
    now += 100us;
    if (!t.try_acquire(now, random)) continue;
    // The service can take one in four of what the callers want.
    const bool ok = random.below(4) == 0 && served < (now - t0) / 400us;
    served += ok ? 1 : 0;
    ++sent;
    t.record(ok ? verdict::ok : verdict::failure, now);
  }
  EXPECT_LT(sent, 120'000);
  EXPECT_GT(sent, served);
}

TEST(Throttler, ForgetsAnOutageAfterItsWindow) {
  const throttler t({.within = 10s});
  for (int i = 0; i < 1000; ++i) t.record(verdict::failure, t0);
  EXPECT_GT(t.look(t0).rejecting, 0.99);
  EXPECT_EQ(t.look(t0 + 10s).rejecting, 0);
}

TEST(Throttler, NeedsItsLeastCallsAndSkipsIgnoredOnes) {
  const throttler t({.min_calls = 10});
  for (int i = 0; i < 9; ++i) t.record(verdict::failure, t0);
  for (int i = 0; i < 9; ++i) t.record(verdict::ignored, t0);
  EXPECT_EQ(t.look(t0).rejecting, 0);
  t.record(verdict::failure, t0);
  EXPECT_GT(t.look(t0).rejecting, 0);
}

TEST(Throttler, RejectsInAPipeline) {
  const throttler t({.min_calls = 2});
  const pipeline p{t};
  driver(p, {bad()}).run();
  driver(p, {bad()}).run();
  driver d(p, {good()}, {}, 0.1);
  d.run();
  EXPECT_EQ(d.story(), "0 finish rejected_limit");
  driver lucky(p, {good()}, {}, 0.9);
  EXPECT_FALSE(lucky.run().how.failed);
}

TEST(ThrottlerOptions, SayEverythingThatIsWrong) {
  EXPECT_TRUE(throttler_options{}.validate().empty());
  EXPECT_EQ((throttler_options{.factor = 0.5, .within = 0s}.validate().size()), 2U);
}

}  // namespace
}  // namespace weir
