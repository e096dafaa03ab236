#include "weir/resilience/cache/cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "weir/base/random.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr time_point t0 = manual_clock::start;

TEST(Cache, IsFreshThenStaleThenGone) {
  const cache<std::string, int> c({.fresh_for = 5s, .stale_if_error = 60s});
  EXPECT_FALSE(c.get("a", t0).value);
  c.put("a", 7, t0);
  const auto fresh = c.get("a", t0 + 4999ms);
  EXPECT_TRUE(fresh.fresh());
  EXPECT_EQ(*fresh.value, 7);
  EXPECT_EQ(fresh.old, 4999ms);
  const auto stale = c.get("a", t0 + 5s);
  EXPECT_FALSE(stale.fresh());
  EXPECT_TRUE(stale.stale());
  EXPECT_EQ(*stale.value, 7);
  EXPECT_FALSE(c.get("a", t0 + 65s).value);
  EXPECT_EQ(c.look().entries, 0U);
}

TEST(Cache, LetsGoOfWhatWasNotAskedForLongest) {
  const cache<int, int> c({.capacity = 3});
  for (int i = 1; i <= 3; ++i) c.put(i, i, t0);
  EXPECT_TRUE(c.get(1, t0).fresh());
  c.put(4, 4, t0);
  EXPECT_FALSE(c.get(2, t0).value);
  EXPECT_TRUE(c.get(1, t0).value && c.get(3, t0).value && c.get(4, t0).value);
}

TEST(Cache, IsBoundedByWeight) {
  const cache<int, std::string> c({.capacity = 100});
  const auto text = std::make_shared<const std::string>("x");
  EXPECT_TRUE(c.put(1, text, t0, 1s, 60));
  EXPECT_TRUE(c.put(2, text, t0, 1s, 40));
  EXPECT_TRUE(c.put(3, text, t0, 1s, 1));
  EXPECT_EQ(c.look().weight, 41U);
  EXPECT_FALSE(c.put(4, text, t0, 1s, 101)) << "more than there is room for at all";
  EXPECT_EQ(c.look().entries, 2U);
  EXPECT_FALSE(c.put(3, text, t0, 1s, 101));
  EXPECT_FALSE(c.get(3, t0).value) << "the old one of that key is not true any more";
}

TEST(Cache, TakesTheFreshnessOfTheAnswerItself) {
  const cache<int, int> c({.fresh_for = 5s});
  c.put(1, std::make_shared<const int>(1), t0, 100ms);
  EXPECT_FALSE(c.get(1, t0 + 100ms).value);
}

TEST(CacheOptions, SayEverythingThatIsWrong) {
  EXPECT_TRUE(cache_options{}.validate().empty());
  EXPECT_EQ(
      (cache_options{.fresh_for = 0s, .stale_if_error = -1s, .capacity = 0}.validate().size()), 3U);
}

TEST(Cache, HoldsWhatTheNaiveModelHolds) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    seeded_random random(seed);
    const std::size_t capacity = 1 + random.below(20);
    const cache<std::uint64_t, std::uint64_t> c(
        {.fresh_for = 1s, .stale_if_error = 1s, .capacity = capacity});
    struct row {
      std::uint64_t key, value, weight;
      time_point stored;
    };
    std::list<row> model;  // asked for last in front
    time_point now = t0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      now += std::chrono::milliseconds(random.below(100));
      const auto key = random.below(12);
      const auto it =
          std::find_if(model.begin(), model.end(), [&](const row& r) { return r.key == key; });
      if (random.below(2) == 0) {
        const auto weight = 1 + random.below(4);
        if (it != model.end()) model.erase(it);
        const auto total = [&] {
          std::uint64_t sum = 0;
          for (const row& r : model) sum += r.weight;
          return sum;
        };
        if (weight <= capacity) {
          while (total() + weight > capacity) model.pop_back();
          model.push_front({key, i, weight, now});
        }
        c.put(key, std::make_shared<const std::uint64_t>(i), now, 1s, weight);
      } else {
        const auto found = c.get(key, now);
        if (it == model.end() || now - it->stored >= 2s) {
          ASSERT_FALSE(found.value) << "seed " << seed;
          if (it != model.end()) model.erase(it);
        } else {
          ASSERT_TRUE(found.value) << "seed " << seed;
          ASSERT_EQ(*found.value, it->value);
          ASSERT_EQ(found.fresh(), now - it->stored < 1s);
          model.splice(model.begin(), model, it);
        }
      }
      ASSERT_EQ(c.look().entries, model.size()) << "seed " << seed;
    }
  }
}

TEST(Cache, IsUsedByThreads) {
  const cache<int, std::string> c({.capacity = 8});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        c.put((i * 7 + t) % 16, std::to_string((i * 7 + t) % 16), t0);
        const auto found = c.get(i % 16, t0);
        if (found.value && *found.value != std::to_string(i % 16)) ++wrong;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(c.look().entries, 8U);
}

}  // namespace
}  // namespace weir
