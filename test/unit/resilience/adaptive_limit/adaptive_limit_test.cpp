#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <queue>
#include <thread>

#include "unit/resilience/pipeline/driver.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::bad;
using test::driver;
using test::good;
using test::hangs;

constexpr time_point t0 = driver::t0;

// A service of so many workers with a queue before them, and more callers than it can take: each
// caller that is let in asks again as soon as it is answered, each that is not, a little later.
class crowd {
 public:
  crowd(const adaptive_limit& limit, std::size_t workers, int callers)
      : limit_(limit), free_at_(workers, t0) {
    for (int i = 0; i < callers; ++i) arrivals_.push(t0 + std::chrono::microseconds(37 * i));
  }

  // Lets the time go on; what a call takes when it is served may vary by a fifth.
  void run(duration length, duration service) {
    const time_point end = now_ + length;
    while (now_ < end) {
      if (!finishes_.empty() && finishes_.top().at <= arrivals_.top()) {
        now_ = finishes_.top().at;
        ends_.at(finishes_.top().call)->succeed(now_);
        arrivals_.push(now_);
        finishes_.pop();
        continue;
      }
      now_ = arrivals_.top();
      arrivals_.pop();
      auto ticket = limit_.try_acquire(now_);
      if (!ticket) {
        arrivals_.push(now_ + 5ms);
        continue;
      }
      auto& worker = *std::min_element(free_at_.begin(), free_at_.end());
      const auto spread = static_cast<std::int64_t>(random_.below(400)) - 200;
      worker = std::max(worker, now_) + service + service * spread / 1000;
      finishes_.push({worker, ends_.size()});
      ends_.push_back(std::make_unique<adaptive_limit::ticket>(*std::move(ticket)));
    }
  }

 private:
  struct finish {
    time_point at;
    std::size_t call;
    bool operator<(const finish& o) const { return at > o.at; }
  };
  const adaptive_limit limit_;
  seeded_random random_{7};
  time_point now_ = t0;
  std::vector<time_point> free_at_;
  std::vector<std::unique_ptr<adaptive_limit::ticket>> ends_;
  std::priority_queue<finish> finishes_;
  std::priority_queue<time_point, std::vector<time_point>, std::greater<>> arrivals_;
};

TEST(AdaptiveLimit, GrowsToWhatTheServiceTakesAndNotToTheCrowd) {
  const adaptive_limit limit({.initial = 5});
  crowd c(limit, 40, 150);
  c.run(60s, 10ms);
  EXPECT_GE(limit.look().limit, 40U) << "all its workers are busy";
  EXPECT_LE(limit.look().limit, 120U) << "and few calls queue there";
  EXPECT_GT(limit.look().rejected, 0U);
}

TEST(AdaptiveLimit, ShrinksWhenTheServiceGetsSlower) {
  const adaptive_limit limit({.initial = 20});
  crowd c(limit, 40, 150);
  c.run(25s, 10ms);
  const auto before = limit.look().limit;
  c.run(3s, 100ms);
  EXPECT_LT(limit.look().limit, before * 2 / 3);
}

TEST(AdaptiveLimit, LearnsThatTheServiceIsSlowerForGood) {
  const adaptive_limit limit({.initial = 20});
  crowd c(limit, 40, 150);
  c.run(30s, 10ms);
  c.run(120s, 50ms);
  EXPECT_GE(limit.look().base, 40ms);
  EXPECT_LE(limit.look().base, 80ms);
  EXPECT_GE(limit.look().limit, 30U);
  EXPECT_LE(limit.look().limit, 120U);
}

TEST(AdaptiveLimit, DoesNotGrowWhereItIsNotUsed) {
  const adaptive_limit limit({.initial = 20});
  for (int i = 0; i < 1000; ++i) {
    auto one = limit.try_acquire(t0 + i * 10ms);
    one->succeed(t0 + i * 10ms + 5ms);
  }
  EXPECT_EQ(limit.look().limit, 20U);
}

TEST(AdaptiveLimit, ShrinksForFailuresDownToTheLeast) {
  const adaptive_limit limit({.initial = 50, .least = 3});
  for (int i = 0; i < 2000; ++i) {
    auto one = limit.try_acquire(t0 + i * 10ms);
    ASSERT_TRUE(one);
    one->fail(t0 + i * 10ms + 5ms);
  }
  EXPECT_EQ(limit.look().limit, 3U);
}

TEST(AdaptiveLimit, LearnsNothingFromWhatIsIgnored) {
  const adaptive_limit limit({.initial = 10});
  {
    const auto left = limit.try_acquire(t0);
    EXPECT_EQ(limit.look().in_flight, 1U);
  }
  EXPECT_EQ(limit.look().in_flight, 0U);
  EXPECT_EQ(limit.look().base, 0s);
}

TEST(AdaptiveLimit, RejectsInAPipeline) {
  const adaptive_limit limit({.initial = 1, .most = 1});
  const pipeline p{limit};
  driver first(p, {hangs()}), second(p, {good()});
  first.run(10ms);
  second.run();
  EXPECT_EQ(second.story(), "0 finish rejected_limit");
  first.cancel();
  driver third(p, {good()});
  EXPECT_FALSE(third.run().how.failed);
}

TEST(AdaptiveLimitOptions, SayEverythingThatIsWrong) {
  EXPECT_TRUE(adaptive_limit_options{}.validate().empty());
  EXPECT_EQ((adaptive_limit_options{.initial = 0, .least = 0, .tolerance = 0.5}.validate().size()),
            2U);
}

TEST(AdaptiveLimit, CountsTheCallsOfAllThreads) {
  const adaptive_limit limit({.initial = 4, .most = 4});
  std::atomic<int> inside{0}, over{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        auto one = limit.try_acquire(t0 + i * 1ms);
        if (!one) continue;
        if (++inside > 4) ++over;
        --inside;
        one->succeed(t0 + i * 1ms + 1ms);
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(over, 0);
  EXPECT_EQ(limit.look().in_flight, 0U);
}

}  // namespace
}  // namespace weir
