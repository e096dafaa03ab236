#include "weir/resilience/rate_limiter/keyed_rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "unit/resilience/pipeline/driver.hpp"
#include "unit/resilience/start.hpp"
#include "weir/base/random.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

using test::t0;

std::string name(std::uint64_t n) {
  return "client " + std::to_string(n);
}

TEST(KeyedRateLimiter, CountsEachKeyByItself) {
  const keyed_rate_limiter limit({.allow = bursty{.calls = 2, .within = 1s}});
  EXPECT_TRUE(limit.try_acquire("ann", t0));
  EXPECT_TRUE(limit.try_acquire("ann", t0));
  const auto third = limit.try_acquire("ann", t0);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().why, cause::rejected_rate);
  EXPECT_EQ(third.error().retry_after, 500ms);
  EXPECT_TRUE(limit.try_acquire("bob", t0));
  EXPECT_TRUE(limit.try_acquire("", t0)) << "no key is a key";
  EXPECT_TRUE(limit.try_acquire("ann", t0 + 500ms));
  EXPECT_FALSE(limit.try_acquire("ann", t0 + 500ms));
}

TEST(KeyedRateLimiter, TellsHowAKeyStands) {
  const keyed_rate_limiter limit({.allow = bursty{.calls = 10, .within = 1s, .burst = 3}});
  auto s = limit.ask("ann", t0);
  EXPECT_TRUE(s.admitted);
  EXPECT_EQ(s.available, 2U);
  EXPECT_EQ(s.full_in, 100ms);
  s = limit.ask("ann", t0, 2);
  EXPECT_TRUE(s.admitted);
  EXPECT_EQ(s.available, 0U);
  EXPECT_EQ(s.full_in, 300ms);
  s = limit.ask("ann", t0 + 40ms);
  EXPECT_FALSE(s.admitted);
  EXPECT_EQ(s.retry_after, 60ms);
  EXPECT_EQ(s.full_in, 260ms) << "a rejection takes nothing";
  s = limit.ask("bob", t0, 4);
  EXPECT_FALSE(s.admitted) << "more than there ever is";
  EXPECT_EQ(s.available, 3U);
}

TEST(KeyedRateLimiter, ForgetsWhoseBucketIsFullAgainBeforeAnybodyElse) {
  const keyed_rate_limiter limit({.allow = bursty{.calls = 1, .within = 1s}, .most_keys = 8});
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(limit.try_acquire(name(i), t0));
  EXPECT_EQ(limit.look().keys, 8U);
  ASSERT_TRUE(limit.try_acquire(name(0), t0 + 1s));
  for (int i = 8; i < 15; ++i) ASSERT_TRUE(limit.try_acquire(name(i), t0 + 1s));
  EXPECT_EQ(limit.look().forgotten, 0U);
  EXPECT_LE(limit.look().keys, 8U);
  EXPECT_FALSE(limit.try_acquire(name(0), t0 + 1500ms)) << "still remembered";
}

TEST(KeyedRateLimiter, LetsTheOneNearestToFullMakeWayWhenAllAreActive) {
  const keyed_rate_limiter limit({.allow = bursty{.calls = 10, .within = 10s}, .most_keys = 4});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(limit.ask(name(i), t0, i == 2 ? 1 : 10).admitted);
  EXPECT_TRUE(limit.try_acquire("a stranger", t0)) << "nobody is turned away for others";
  const auto seen = limit.look();
  EXPECT_EQ(seen.keys, 4U);
  EXPECT_EQ(seen.forgotten, 1U);
  for (const int i : {0, 1, 3}) EXPECT_FALSE(limit.try_acquire(name(i), t0)) << i;
}

TEST(KeyedRateLimiter, GivesMemoryBackAsKeysGoQuiet) {
  const keyed_rate_limiter limit({.allow = smooth{10ms}});
  time_point now = t0;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    ASSERT_TRUE(limit.try_acquire(name(i), now));
    if (i % 100 == 0) now += 10ms;
  }
  EXPECT_LT(limit.look().keys, 2'000U) << "of which a hundred are in use";
}

// What a limiter for each key would say is what this says, while there is room for all.
TEST(KeyedRateLimiter, AnswersAsOneLimiterForEachKeyWould) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    seeded_random random(seed);
    const bursty allow{.calls = static_cast<std::uint32_t>(1 + random.below(20)),
                       .within = std::chrono::milliseconds(1 + random.below(2000)),
                       .burst = static_cast<std::uint32_t>(random.below(8))};
    const std::uint64_t keys = 1 + random.below(seed % 2 == 0 ? 30 : 600);
    const keyed_rate_limiter limit({.allow = allow, .most_keys = keys});
    std::map<std::uint64_t, rate_limiter> each;
    time_point now = t0;
    for (int i = 0; i < 5000; ++i) {
      now += std::chrono::microseconds(random.below(20'000));
      const std::uint64_t key = random.below(keys);
      const auto permits = static_cast<std::uint32_t>(1 + random.below(3));
      const auto& alone = each.try_emplace(key, rate_limiter_options{.allow = allow}).first->second;
      const auto expected = alone.try_acquire(now, permits);
      const auto said = limit.ask(name(key), now, permits);
      ASSERT_EQ(said.admitted, expected.has_value()) << "seed " << seed << " step " << i;
      ASSERT_EQ(said.available, alone.look(now).available);
      ASSERT_EQ(said.full_in, alone.look(now).full_in);
      if (!expected) {
        ASSERT_EQ(said.retry_after, expected.error().retry_after);
      }
    }
    EXPECT_EQ(limit.look().forgotten, 0U);
  }
}

// With too little room some are let through that should not be; never the other way, and never more
// keys than were agreed.
TEST(KeyedRateLimiter, NeverRejectsMoreForWantOfRoom) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    seeded_random random(seed);
    const bursty allow{.calls = 5, .within = 1s};
    const std::size_t room = 1 + random.below(40);
    const keyed_rate_limiter limit({.allow = allow, .most_keys = room});
    std::map<std::uint64_t, rate_limiter> each;
    time_point now = t0;
    for (int i = 0; i < 5000; ++i) {
      now += std::chrono::microseconds(random.below(5'000));
      const std::uint64_t key = random.below(60);
      const auto& alone = each.try_emplace(key, rate_limiter_options{.allow = allow}).first->second;
      const auto said = limit.ask(name(key), now);
      if (alone.try_acquire(now)) {
        ASSERT_TRUE(said.admitted) << "seed " << seed << " step " << i;
      } else if (said.admitted) {
        alone.catch_up(now + said.full_in);  // it had begun anew; so much is left of that
      }
      ASSERT_LE(limit.look().keys, room);
    }
  }
}

TEST(KeyedRateLimiter, TellsWhatItAdmittedAndTakesWhatOthersDid) {
  const keyed_rate_limiter limit({.allow = bursty{.calls = 10, .within = 1s}});
  EXPECT_TRUE(limit.take_used().empty());
  ASSERT_TRUE(limit.try_acquire("ann", t0, 2));
  ASSERT_TRUE(limit.try_acquire("ann", t0));
  ASSERT_TRUE(limit.try_acquire("bob", t0));
  ASSERT_FALSE(limit.try_acquire("eve", t0, 11)) << "nothing to tell of";
  std::map<std::uint64_t, std::uint64_t> told;
  for (const auto& u : limit.take_used()) told[u.key] = u.permits;
  const auto ann = keyed_rate_limiter::digest("ann"), bob = keyed_rate_limiter::digest("bob");
  EXPECT_EQ(told, (std::map<std::uint64_t, std::uint64_t>{{ann, 3}, {bob, 1}}));
  EXPECT_TRUE(limit.take_used().empty());

  ASSERT_TRUE(limit.try_acquire("ann", t0)) << "not told yet";
  limit.catch_up(ann, t0 + 800ms, t0);
  auto s = limit.ask("ann", t0);
  EXPECT_TRUE(s.admitted);
  EXPECT_EQ(s.full_in, 1s) << "800 ms of all, and two permits of its own on top";
  limit.catch_up(ann, t0 + 100ms, t0);
  EXPECT_EQ(limit.ask("ann", t0).full_in, 1s) << "nothing is given back";

  const auto carol = keyed_rate_limiter::digest("carol");
  limit.catch_up(carol, t0 + 1s, t0);
  EXPECT_FALSE(limit.try_acquire("carol", t0)) << "known from others alone";
  const std::size_t before = limit.look().keys;
  limit.catch_up(keyed_rate_limiter::digest("dave"), t0, t0);
  EXPECT_EQ(limit.look().keys, before) << "a full bucket needs no place";
}

TEST(KeyedRateLimiter, DigestsKeysOfAnyLengthApart) {
  // The published vectors of SipHash-2-4 under the key 00 01 … 0f.
  EXPECT_EQ(keyed_rate_limiter::digest(""), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(keyed_rate_limiter::digest(std::string("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 15)),
            0xa129ca6149be45e5U);
  std::set<std::uint64_t> seen;
  for (std::size_t n = 0; n < 100; ++n) {
    seen.insert(keyed_rate_limiter::digest(std::string(n, 'x')));
    seen.insert(keyed_rate_limiter::digest(std::string(n, '\0')));
  }
  EXPECT_EQ(seen.size(), 199U);
}

TEST(KeyedRateLimiter, HoldsWithSeveralThreads) {
  const keyed_rate_limiter limit({.allow = bursty{.calls = 100, .within = 1h}, .most_keys = 5000});
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        for (std::uint64_t key = 0; key < 50; ++key) {
          if (limit.try_acquire(name(key), t0)) ++admitted;
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(admitted, 50 * 100);
  EXPECT_EQ(limit.look().admitted, 50U * 100U);
  EXPECT_EQ(limit.look().rejected, 50U * 100U);
}

TEST(KeyedRateLimiter, NamesEveryBadOption) {
  EXPECT_TRUE(keyed_rate_limiter_options{}.validate().empty());
  const keyed_rate_limiter_options bad{.allow = smooth{duration::zero()}, .most_keys = 0};
  const auto found = bad.validate();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].field, "allow.every");
  EXPECT_EQ(found[1].field, "most_keys");
  EXPECT_THROW(keyed_rate_limiter{bad}, std::invalid_argument);
}

}  // namespace
}  // namespace weir
