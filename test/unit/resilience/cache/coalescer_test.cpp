#include "weir/resilience/cache/coalescer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using flights = coalescer<std::string, int>;

TEST(Coalescer, MakesOneCallOfSeveralEqualOnes) {
  const flights f;
  int woken = 0;
  auto count = [&] { ++woken; };
  flights::member first(f, "a");
  flights::member second(f, "a", delegate<void()>::ref(count));
  flights::member other(f, "b");
  EXPECT_TRUE(first.leads());
  EXPECT_FALSE(second.leads());
  EXPECT_TRUE(other.leads());
  EXPECT_EQ(second.value(), nullptr);
  first.finish(std::make_shared<const int>(42));
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(*second.value(), 42);
  EXPECT_EQ(second.value(), first.value()) << "shared, not copied";
  flights::member later(f, "a");
  EXPECT_TRUE(later.leads()) << "a call that comes after the end is made anew";
}

TEST(Coalescer, LetsTheOneThatCameLastLeadWhenTheLeaderIsGone) {
  const flights f;
  int woken = 0;
  auto count = [&] { ++woken; };
  std::optional<flights::member> first(std::in_place, f, "a");
  flights::member second(f, "a");
  flights::member third(f, "a", delegate<void()>::ref(count));
  first.reset();
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(second.leads());
  EXPECT_TRUE(third.leads()) << "it has the most patience left";
  third.finish(std::make_shared<const int>(1));
  EXPECT_EQ(*second.value(), 1);
}

TEST(Coalescer, ForgetsAFlightThatEverybodyLeft) {
  const flights f;
  {
    flights::member first(f, "a");
    flights::member second(f, "a");
    EXPECT_EQ(f.flights(), 1U);
  }
  EXPECT_EQ(f.flights(), 0U);
}

TEST(Coalescer, LetsAFollowerLeave) {
  const flights f;
  flights::member first(f, "a");
  std::optional<flights::member> second(std::in_place, f, "a");
  second.reset();
  first.finish(std::make_shared<const int>(1));
  EXPECT_EQ(f.flights(), 0U);
}

TEST(Coalescer, GivesEveryThreadTheValueOfOneLeader) {
  const flights f;
  std::atomic<int> calls{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        std::atomic<bool> woken{false};
        auto wake = [&] { woken = true; };
        flights::member mine(f, "a", delegate<void()>::ref(wake));
        if ((i + t) % 7 == 0) continue;  // gives up
        while (!mine.leads() && !mine.value()) std::this_thread::yield();
        if (mine.leads()) mine.finish(std::make_shared<const int>(++calls));
        if (!mine.value()) ++wrong;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(calls, 0);
  EXPECT_EQ(f.flights(), 0U);
}

}  // namespace
}  // namespace weir
