// A blocking hedge: attempts on other threads, time moved by hand. For ThreadSanitizer, too.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "weir/resilience.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

// A thread for each piece of work.
struct threads {
  void operator()(std::function<void()> work) {
    const std::lock_guard lock(mutex);
    all.emplace_back(std::move(work));
  }
  std::mutex mutex;
  std::vector<std::jthread> all;
};

// An attempt that ends only when it is told to.
std::string until_cancelled(context& c) {
  std::atomic<bool> told{false};
  const std::stop_callback on_stop(c.stop(), [&] {
    told = true;
    told.notify_one();
  });
  told.wait(false);
  return "cancelled";
}

struct BlockingHedge : ::testing::Test {
  manual_clock clock{manual_clock::waiting::blocks};
  threads pool;
  run_report report;
  run_options on() {
    return {.time = &clock, .report = &report, .executor = [this](std::function<void()> work) {
              pool(std::move(work));
            }};
  }
  static hedge after(duration d) { return hedge({.after = d, .attempts = 2, .budget = {}}); }
};

TEST_F(BlockingHedge, TakesTheSecondAttemptsAnswerAndAwaitsTheFirst) {
  circuit_breaker breaker{{.name = "b", .trip = failures_in_a_row{1}}};
  const pipeline p(after(50ms), breaker);
  std::atomic<int> ended{0};
  std::jthread caller([&] {
    auto got = p.run(
        [&](context& c) {
          auto text = c.attempt() == 1 ? until_cancelled(c) : std::string("second");
          ++ended;
          return text;
        },
        on());
    EXPECT_EQ(*got, "second");
    EXPECT_EQ(ended, 2);
  });
  clock.await_waiting(1);
  clock.advance(50ms);
  caller.join();
  EXPECT_EQ(report.attempts, 2U);
  EXPECT_EQ(breaker.state(), circuit_mode::closed) << "to lose is no failure";
}

TEST_F(BlockingHedge, StartsNoSecondAttemptWhenTheFirstIsInTime) {
  const pipeline p(after(50ms));
  EXPECT_EQ(*p.run([] { return std::string("first"); }, on()), "first");
  EXPECT_EQ(report.attempts, 1U);
  EXPECT_TRUE(p.run([] {}, on()));
}

TEST_F(BlockingHedge, ATimeoutTellsTheAttemptAtItsTime) {
  const pipeline p(fallback("cold"), timeout(100ms));
  std::jthread caller([&] { EXPECT_EQ(*p.run(until_cancelled, on()), "cold"); });
  clock.await_waiting(1);
  clock.advance(100ms);
  caller.join();
  EXPECT_EQ(report.why, cause::timeout);
}

TEST_F(BlockingHedge, GivingUpTellsAllAttempts) {
  const pipeline p(after(50ms));
  std::stop_source source;
  std::jthread caller([&] {
    auto options = on();
    options.stop = source.get_token();
    auto got = p.run(until_cancelled, options);
    ASSERT_FALSE(got);
    EXPECT_TRUE(got.error() == condition::canceled);
  });
  clock.await_waiting(1);
  clock.advance(50ms);
  clock.await_waiting(1);
  source.request_stop();
}

TEST_F(BlockingHedge, AnExecutorThatRefusesIsAFailureOfTheAttempt) {
  const pipeline p(fallback("cold"), after(50ms));
  auto options = on();
  options.executor = [](const std::function<void()>&) { throw std::runtime_error("full"); };
  EXPECT_EQ(*p.run([] { return std::string("hot"); }, options), "cold");
  EXPECT_EQ(report.why, cause::exception);
}

TEST_F(BlockingHedge, WithoutAnExecutorDoesNothing) {
  const pipeline p(after(50ms));
  int calls = 0;
  auto got = p.run(
      [&] {
        clock.advance(1s);
        return ++calls;
      },
      {.time = &clock, .report = &report});
  EXPECT_EQ(*got, 1);
  EXPECT_EQ(report.attempts, 1U);
}

TEST_F(BlockingHedge, AnInspectorThatThrowsIsToldAboutOnceEveryAttemptHasEnded) {
  const pipeline p(after(50ms));
  std::atomic<bool> first_ended{false};
  std::atomic<bool> second_may_end{false};
  std::jthread caller([&] {
    EXPECT_THROW(
        static_cast<void>(p.run(
            [&](context& c) {
              if (c.attempt() == 2) {
                second_may_end.wait(false);
                return std::string("second");
              }
              until_cancelled(c);
              first_ended = true;
              return std::string("first");
            },
            [](const std::string&) -> verdict { throw std::logic_error("the inspector"); }, on())),
        std::logic_error);
    EXPECT_TRUE(first_ended);
  });
  clock.await_waiting(1);
  clock.advance(50ms);
  clock.await_waiting(1);
  second_may_end = true;
  second_may_end.notify_all();
  caller.join();
}

}  // namespace
}  // namespace weir
