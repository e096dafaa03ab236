// The windows against a naive model: a list of all that happened.

#include "weir/resilience/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "unit/resilience/circuit_breaker/trace.hpp"
#include "weir/base/random.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
constexpr time_point t0 = manual_clock::start;

// Random steps of time: mostly small, sometimes over several buckets, seldom over the whole window.
duration step(random_source& random) {
  const auto kind = random.below(100);
  if (kind < 60) return duration(static_cast<std::int64_t>(random.below(20'000'000)));
  if (kind < 95) return duration(static_cast<std::int64_t>(random.below(1'500'000'000)));
  return duration(static_cast<std::int64_t>(random.below(30'000'000'000)));
}

class naive_window {
 public:
  void add(std::uint64_t epoch) { marks_.push_back(epoch); }
  std::uint64_t total(std::uint64_t epoch) const {
    return static_cast<std::uint64_t>(std::count_if(
        marks_.begin(), marks_.end(), [&](auto m) { return m + detail::most_buckets > epoch; }));
  }
  std::uint64_t in_bucket(std::uint64_t epoch, std::uint64_t newest) const {
    if (epoch + detail::most_buckets <= newest) return 0;
    return static_cast<std::uint64_t>(std::count(marks_.begin(), marks_.end(), epoch));
  }

 private:
  std::vector<std::uint64_t> marks_;
};

TEST(BucketRing, CountsAsTheNaiveModelDoes) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    seeded_random random(seed);
    detail::window_grid grid(10s, detail::most_buckets);
    detail::bucket_ring ring(detail::most_buckets);
    naive_window model;
    time_point now = t0;
    for (int i = 0; i < 400; ++i) {
      now += step(random);
      const auto epoch = grid.epoch(now);
      if (random.below(3) != 0) {
        ring.add(epoch);
        model.add(epoch);
      }
      ASSERT_EQ(ring.total(epoch), model.total(epoch)) << "seed " << seed << ", step " << i;
      const auto some = epoch - random.below(detail::most_buckets);
      ASSERT_EQ(ring.in_bucket(some), model.in_bucket(some, epoch)) << "seed " << seed;
    }
  }
}

TEST(WindowShard, CountsAsTheNaiveModelDoes) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    seeded_random random(seed);
    detail::window_grid grid(10s, detail::most_buckets);
    detail::window_shard shard;
    naive_window model;
    std::uint32_t era = 1;
    time_point now = t0;
    for (int i = 0; i < 400; ++i) {
      now += step(random);
      const auto epoch = grid.epoch(now);
      if (random.below(50) == 0) {
        ++era;
        model = {};
      }
      if (random.below(3) != 0) {
        if (!shard.try_add(now, era)) shard.turn_and_add(now, era, grid);
        model.add(epoch);
        ASSERT_EQ(shard.running(), model.total(epoch));
      }
      // Whoever reads may be ahead of the owner, since an idle owner does not turn its buckets.
      const auto later = epoch + random.below(30);
      ASSERT_EQ(shard.total(epoch, era, detail::most_buckets), model.total(epoch))
          << "seed " << seed << ", step " << i;
      ASSERT_EQ(shard.total(later, era, detail::most_buckets), model.total(later));
      ASSERT_EQ(shard.total(epoch, era + 1, detail::most_buckets), 0U);
      const auto some = epoch - random.below(detail::most_buckets);
      ASSERT_EQ(shard.in_bucket(some, era, epoch, detail::most_buckets),
                model.in_bucket(some, epoch))
          << "seed " << seed << ", step " << i;
    }
  }
}

// Epochs are kept modulo 2^32, which is soon with buckets of half a millisecond: 25 days.
TEST(WindowShard, ShowsNoOldCountsAfterDaysOfSilence) {
  constexpr std::uint32_t buckets = detail::most_buckets;
  for (const std::int64_t epochs : {std::int64_t{1} << 31, std::int64_t{1} << 32}) {
    for (std::int64_t away = -30; away <= 30; ++away) {
      detail::window_grid grid(10ms, buckets);
      detail::window_shard shard;
      time_point now = t0;
      for (std::uint32_t i = 0; i < 3 * buckets; ++i, now += 500us) {
        shard.turn_and_add(now, 1, grid);
      }
      now += 500us * (epochs + away);
      const std::uint64_t epoch = grid.epoch(now);
      EXPECT_EQ(shard.total(epoch, 1, buckets), 0U) << epochs << ' ' << away;
      for (std::uint64_t e = epoch - buckets + 1; e <= epoch; ++e) {
        EXPECT_EQ(shard.in_bucket(e, 1, epoch, buckets), 0U) << epochs << ' ' << away;
      }
      shard.turn_and_add(now, 1, grid);
      EXPECT_EQ(shard.running(), 1U) << epochs << ' ' << away;
      EXPECT_EQ(shard.total(epoch, 1, buckets), 1U) << epochs << ' ' << away;
    }
  }
}

// The whole breaker, with its shortcuts past the lock, trips at exactly the call at which a model
// that looks at everything after each call does.
TEST(FailureRatio, TripsWhereTheNaiveModelDoes) {
  int trips = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    seeded_random random(seed);
    const double ratio = (1 + static_cast<double>(random.below(10))) / 10;
    const auto min_calls = static_cast<std::uint32_t>(1 + random.below(30));
    const double failing = random.unit() * ratio * 1.2;
    const circuit_breaker breaker(circuit_options{
        .trip = failure_ratio{.ratio = ratio, .within = 10s, .min_calls = min_calls}});
    detail::window_grid grid(10s, detail::most_buckets);
    naive_window good, bad;
    time_point now = t0;
    for (int i = 0; i < 500; ++i) {
      now += step(random) / 20;
      auto permit = breaker.try_acquire(now);
      ASSERT_TRUE(permit) << "seed " << seed << ", call " << i;
      if (random.unit() < failing) {
        bad.add(grid.epoch(now));
        permit->fail(now);
      } else {
        good.add(grid.epoch(now));
        permit->succeed(now);
      }
      const auto failed = bad.total(grid.epoch(now));
      const auto calls = failed + good.total(grid.epoch(now));
      const bool trips_now = calls >= min_calls && failed != 0 &&
                             static_cast<double>(failed) / static_cast<double>(calls) >= ratio;
      ASSERT_EQ(breaker.state(now), trips_now ? circuit_mode::open : circuit_mode::closed)
          << "seed " << seed << ", call " << i;
      if (trips_now) {
        ++trips;
        break;
      }
    }
  }
  EXPECT_GT(trips, 50);
  EXPECT_LT(trips, 290);
}

TEST(FailuresWithin, TripsWhereTheNaiveModelDoes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    seeded_random random(seed);
    const auto least = static_cast<std::uint32_t>(1 + random.below(6));
    const circuit_breaker breaker(
        circuit_options{.trip = failures_within{.failures = least, .within = 5s}});
    std::deque<time_point> failed;
    time_point now = t0;
    for (int i = 0; i < 300; ++i) {
      now += step(random);
      auto permit = breaker.try_acquire(now);
      ASSERT_TRUE(permit);
      if (random.below(2) == 0) {
        permit->succeed(now);
        continue;
      }
      permit->fail(now);
      failed.push_back(now);
      while (now - failed.front() >= 5s) failed.pop_front();
      const bool trips = failed.size() >= least;
      ASSERT_EQ(breaker.state(now) == circuit_mode::open, trips) << "seed " << seed;
      if (trips) break;
    }
  }
}

}  // namespace
}  // namespace weir
