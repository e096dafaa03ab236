// The blocking face on several threads: waits, wakes and handles. For ThreadSanitizer, too.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "weir/resilience.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(RunOnThreads, OnePipelineServesAllOfThem) {
  circuit_breaker breaker{{.name = "shared", .trip = failures_in_a_row{1000000}}};
  retry_budget budget({.ratio = 1, .floor = 1000});
  const pipeline p(fallback(-1), retry({.attempts = 2, .backoff = 0ms, .budget = budget}), breaker,
                   timeout(10s));
  constexpr int threads = 4, calls = 2000;
  std::atomic<int> good{0}, replaced{0};
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t) {
      all.emplace_back([&, mine = p, t] {
        for (int i = 0; i < calls; ++i) {
          auto got = mine.run([&]() -> int {
            if ((i + t) % 3 == 0) throw 1;
            return i;
          });
          ++(*got == -1 ? replaced : good);
        }
      });
    }
  }
  EXPECT_EQ(good + replaced, threads * calls);
  EXPECT_GT(replaced, 0);
  const auto seen = breaker.snapshot();
  EXPECT_EQ(seen.successful, static_cast<std::uint64_t>(good));
  EXPECT_GE(seen.failed, static_cast<std::uint64_t>(replaced));
}

TEST(RunOnThreads, ThreadThatWaitsIsReleasedByTheClock) {
  manual_clock clock(manual_clock::waiting::blocks);
  const pipeline p(retry({.attempts = 2, .backoff = 1h}));
  std::atomic<int> calls{0};
  std::jthread caller([&] {
    auto got = p.run(
        [&]() -> int {
          if (++calls == 1) throw 1;
          return 2;
        },
        {.time = &clock});
    EXPECT_EQ(*got, 2);
  });
  clock.await_waiting(1);
  EXPECT_EQ(calls, 1);
  clock.advance(1h);
  caller.join();
  EXPECT_EQ(calls, 2);
}

TEST(RunOnThreads, GivingUpEndsAWaitAtOnce) {
  manual_clock clock(manual_clock::waiting::blocks);
  const pipeline p(retry({.attempts = 2, .backoff = 1h}));
  std::jthread caller([&](const std::stop_token& stop) {
    auto got = p.run([]() -> int { throw 1; }, {.stop = stop, .time = &clock});
    ASSERT_FALSE(got);
    EXPECT_TRUE(got.error() == condition::canceled);
    EXPECT_EQ(clock.now(), manual_clock::start);
  });
  clock.await_waiting(1);
  caller.request_stop();
}

TEST(RunOnThreads, ACallThatWaitsInABulkheadIsWokenByTheOneThatLeaves) {
  manual_clock clock(manual_clock::waiting::blocks);
  const pipeline p(bulkhead({.calls = 1, .queue = 1, .longest_wait = 1h}));
  std::jthread second;
  auto first = p.run(
      [&] {
        second = std::jthread([&] { EXPECT_EQ(*p.run([] { return 2; }, {.time = &clock}), 2); });
        clock.await_waiting(1);
        return 1;
      },
      {.time = &clock});
  EXPECT_EQ(*first, 1);
  second.join();
  EXPECT_EQ(clock.now(), manual_clock::start);
}

TEST(RunOnThreads, ARateLimiterSpreadsCallsOverTime) {
  manual_clock clock;
  const pipeline p(rate_limiter({.allow = smooth{.every = 100ms}, .longest_wait = 1h}));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(p.run([] {}, {.time = &clock}));
  EXPECT_EQ(clock.now(), manual_clock::start + 400ms);
}

TEST(RunOnThreads, EitherTheParentOrTheCallItselfMayGiveUp) {
  std::stop_source parents, own;
  const context parent(steady_source(), deadline::never(), parents.get_token(), 1);
  const pipeline p;
  for (std::stop_source* const which : {&own, &parents}) {
    auto got = p.run(
        [&](context& c) -> result<int> {
          EXPECT_FALSE(c.cancelled());
          which->request_stop();
          EXPECT_TRUE(c.cancelled());
          return 1;
        },
        {.stop = own.get_token(), .parent = &parent});
    EXPECT_EQ(*got, 1) << "a value that is there is given";
    own = std::stop_source();
  }
}

TEST(RunOnThreads, MachinesClockWaitsForReal) {
  const pipeline p(retry({.attempts = 2, .backoff = 2ms}));
  const time_point begin = now();
  EXPECT_FALSE(p.run([]() -> int { throw 1; }));
  EXPECT_GE(now() - begin, 2ms);
}

}  // namespace
}  // namespace weir
