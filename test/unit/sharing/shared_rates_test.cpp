#include "weir/sharing/shared_rates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "support/redis_server.hpp"
#include "support/wait.hpp"
#include "unit/sharing/redis_keys.hpp"
#include "weir/base/clock.hpp"

// Each `taker` here is a shared_rates object with a limiter of its own, as a process has; the
// server is a real one. Rates are so slow that nothing comes back while a test runs.
namespace weir {
namespace {

using namespace std::chrono_literals;

using test::always;
using test::soon;

constexpr bursty ten_a_day{.calls = 10, .within = 24h};

struct taker {
  explicit taker(const test::redis_server& server, duration every = 20ms)
      : all({.name = "all", .allow = ten_a_day}),
        each({.name = "each", .allow = ten_a_day}),
        shared({.server = server.settings(), .every = every}) {
    shared.share(all);
    shared.share(each);
  }

  std::uint32_t left() const { return all.look(now()).available; }
  // Of a key: asks for more than there ever is, which takes nothing.
  std::uint32_t left(const std::string& key) const { return each.ask(key, now(), 1000).available; }
  int take(int times) const {
    int given = 0;
    for (int i = 0; i < times; ++i) given += all.try_acquire(now()) ? 1 : 0;
    return given;
  }
  int take(const std::string& key, int times) const {
    int given = 0;
    for (int i = 0; i < times; ++i) given += each.try_acquire(key, now()) ? 1 : 0;
    return given;
  }

  rate_limiter all;
  keyed_rate_limiter each;
  shared_rates shared;
};

bool meet(const taker& a, const taker& b) {
  return soon([&] { return a.shared.connected() && b.shared.connected(); });
}

// One call after the other until it has learnt of `elsewhere` calls of the others. How many it
// made.
template <class... Key>
std::uint32_t learns(const taker& p, std::uint32_t before, std::uint32_t elsewhere,
                     const Key&... key) {
  std::uint32_t made = 0;
  for (bool known = false; !known && made < 4;) {
    made += static_cast<std::uint32_t>(p.take(key..., 1));
    known = soon([&] { return p.left(key...) + elsewhere + before + made <= 10; }, 500ms);
  }
  EXPECT_EQ(p.left(key...), 10 - elsewhere - before - made);
  return made;
}

TEST(SharedRates, WhatOneAdmitsTheOtherLearnsWithACallOfItsOwn) {
  test::redis_server server;
  const taker a(server), b(server);
  ASSERT_TRUE(meet(a, b));
  EXPECT_EQ(a.take(6), 6);
  const std::uint32_t of_b = learns(b, 0, 6);
  learns(a, 6, of_b);
}

TEST(SharedRates, EachKeyIsCountedTogetherByItself) {
  test::redis_server server;
  const taker a(server), b(server);
  ASSERT_TRUE(meet(a, b));
  const std::string ann = "ann", bob = "bob";
  EXPECT_EQ(a.take(ann, 5), 5);
  EXPECT_EQ(a.take(bob, 1), 1);
  learns(b, 0, 5, ann);
  learns(b, 0, 1, bob);
  EXPECT_EQ(b.left("carol"), 10U);
}

TEST(SharedRates, AllTogetherAdmitNoMoreThanTheBoundAndPayItBack) {
  test::redis_server server;
  std::vector<std::unique_ptr<taker>> all;
  for (int i = 0; i < 4; ++i) all.push_back(std::make_unique<taker>(server));
  ASSERT_TRUE(soon([&] {
    return std::all_of(all.begin(), all.end(), [](const auto& p) { return p->shared.connected(); });
  }));
  int admitted = 0;
  for (const auto& p : all) admitted += p->take(10);
  EXPECT_EQ(admitted, 40) << "the bound: each its burst before they hear of each other";
  EXPECT_TRUE(soon([&] {
    return std::any_of(all.begin(), all.end(),
                       [](const auto& p) { return p->all.look(now()).full_in > 4 * 24h - 1h; });
  })) << "whoever told last knows what all of them owe";
  for (const auto& p : all) EXPECT_EQ(p->take(1), 0);
}

TEST(SharedRates, OneThatStartsLaterLearnsTheSame) {
  test::redis_server server;
  const taker a(server);
  ASSERT_TRUE(soon([&] { return a.shared.connected(); }));
  EXPECT_EQ(a.take(7), 7);
  const taker b(server);
  ASSERT_TRUE(meet(a, b));
  learns(b, 0, 7);
}

TEST(SharedRates, DefectAForeignNumberInOneKeyKeptAllOfThemFromBeingShared) {
  for (const std::string_view foreign : {"1e300", "nan", "inf", "-1e300", "9e18", "junk", ""}) {
    test::redis_server server;
    test::redis_keys(server).set("weir:rate:all", foreign);
    const taker a(server), b(server);
    ASSERT_TRUE(meet(a, b));
    EXPECT_EQ(a.take(6), 6);
    EXPECT_EQ(a.take("ann", 5), 5);
    learns(b, 0, 6);
    learns(b, 0, 5, std::string("ann"));
  }
}

TEST(SharedRates, WithoutTheServerEachGoesOnAloneAndJoinsAgain) {
  test::redis_server server;
  std::atomic<int> ups{0}, downs{0};
  const shared_rates shared(
      {.server = server.settings(), .every = 20ms, .on_server = [&](bool up, std::string_view) {
         ++(up ? ups : downs);
       }});
  const taker b(server);
  ASSERT_TRUE(soon([&] { return ups == 1 && b.shared.connected(); }));
  server.stop();
  ASSERT_TRUE(soon([&] { return downs == 1 && !b.shared.connected(); }));
  EXPECT_EQ(b.take("ann", 11), 10) << "the whole of its own";
  EXPECT_TRUE(always([&] { return downs == 1; }, 300ms)) << "said once";
  server.start();
  ASSERT_TRUE(soon([&] { return ups == 2 && b.shared.connected(); }));
  const taker a(server);
  ASSERT_TRUE(meet(a, b));
  EXPECT_EQ(a.take("ann", 1), 1);
  EXPECT_TRUE(always([&] { return a.left("ann") == 9; }, 200ms))
      << "what was admitted alone is nobody else's business";
  EXPECT_EQ(b.take("bob", 3), 3);
  learns(a, 0, 3, std::string("bob"));
}

TEST(SharedRates, OneThatLeavesIsToldNothing) {
  test::redis_server server;
  taker a(server);
  const taker b(server);
  ASSERT_TRUE(meet(a, b));
  a.shared.leave("all");
  EXPECT_EQ(b.take(8), 8);
  EXPECT_EQ(a.take(1), 1);
  EXPECT_TRUE(always([&] { return a.left() == 9; }, 200ms));
}

TEST(SharedRates, ThousandsOfKeysGoInOneExchange) {
  test::redis_server server;
  const taker a(server), b(server);
  ASSERT_TRUE(meet(a, b));
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(a.take("client " + std::to_string(i), 4), 4);
  for (const int i : {0, 2500, 4999}) learns(b, 0, 4, "client " + std::to_string(i));
}

}  // namespace
}  // namespace weir
