#include "weir/resilience/retry/retry_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "unit/resilience/start.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::t0;

TEST(RetryBudget, AllowsATenthOfTenThousandAsFinagleDoes) {
  const retry_budget budget({.ratio = 0.1, .floor = 0});
  int allowed = 0;
  for (int i = 0; i < 10'000; ++i) {
    budget.first_attempt(t0);
    allowed += budget.try_retry(t0) ? 1 : 0;
  }
  EXPECT_NEAR(allowed, 1000, 1);
}

TEST(RetryBudget, AllowsItsFloorWithoutTraffic) {
  const retry_budget budget({.ratio = 0.2, .floor = 0.5, .within = 10s});
  int allowed = 0;
  while (budget.try_retry(t0)) ++allowed;
  EXPECT_EQ(allowed, 5);
  EXPECT_EQ(budget.look(t0).left, 0);
}

TEST(RetryBudget, ForgetsWhatIsOlderThanItsWindow) {
  const retry_budget budget({.ratio = 1, .floor = 0, .within = 10s});
  for (int i = 0; i < 3; ++i) budget.first_attempt(t0);
  EXPECT_TRUE(budget.try_retry(t0 + 9s));
  EXPECT_FALSE(budget.try_retry(t0 + 10s)) << "the attempts are forgotten, the retry is not";
  budget.first_attempt(t0 + 12s);
  EXPECT_FALSE(budget.try_retry(t0 + 12s));
  EXPECT_FALSE(budget.try_retry(t0 + 19s)) << "it was within these ten seconds";
  EXPECT_TRUE(budget.try_retry(t0 + 19500ms));
}

// All that a good time left unused is spent at once, and what then becomes free again, too.
TEST(RetryBudget, AllowsNoTenSecondsOfAnOutageMoreThanTheirShare) {
  for (int offset = 0; offset < 500; offset += 50) {
    const retry_budget budget({.ratio = 0.2, .floor = 0, .within = 10s});
    time_point now = t0;
    for (; now < t0 + 12s + std::chrono::milliseconds(offset); now += 2ms) {
      budget.first_attempt(now);
    }
    std::deque<time_point> latest;
    for (const time_point end = now + 30s; now < end; now += 2ms) {
      budget.first_attempt(now);
      for (int k = 0; k < 2; ++k) {
        if (budget.try_retry(now)) latest.push_back(now);
      }
      while (!latest.empty() && latest.front() <= now - 10s) latest.pop_front();
      ASSERT_LE(latest.size(), 1000U) << "a fifth of 5,000 calls";
    }
  }
}

TEST(RetryBudget, IsSharedByItsCopies) {
  const retry_budget a({.ratio = 1, .floor = 0});
  const retry_budget b = a;
  a.first_attempt(t0);
  EXPECT_TRUE(b.try_retry(t0));
  EXPECT_FALSE(a.try_retry(t0));
}

TEST(RetryBudget, IsNeverOverdrawnByThreads) {
  const retry_budget budget({.ratio = 0.25, .floor = 0});
  constexpr int calls = 20'000;
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < calls; ++i) {
        budget.first_attempt(t0 + std::chrono::microseconds(i));
        if (budget.try_retry(t0 + std::chrono::microseconds(i))) ++allowed;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_LE(allowed, 4 * calls / 4);
  EXPECT_GE(allowed, 4 * calls / 4 - 4);
  EXPECT_EQ(budget.look(t0 + 20ms).first_attempts, 4U * calls);
}

TEST(RetryBudget, RefusesUnsoundOptions) {
  EXPECT_THROW(retry_budget({.ratio = -1}), std::invalid_argument);
  EXPECT_EQ((retry_budget_options{.ratio = -1, .floor = -1, .within = 0s}).validate().size(), 3U);
}

}  // namespace
}  // namespace weir
