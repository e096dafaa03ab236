// The blocking face, on a clock that moves by hand: whoever waits moves it.

#include "weir/resilience/face/run.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"
#include "weir/resilience/bulkhead/bulkhead.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

struct RunBlocking : ::testing::Test {
  manual_clock clock;
  run_report report;
  run_options on() { return {.time = &clock, .report = &report}; }
  duration elapsed() const { return clock.now() - manual_clock::start; }

  static retry tries(std::uint32_t n) { return retry({.attempts = n, .backoff = 100ms}); }
  circuit_breaker breaker_of(std::uint32_t failures) const {
    return circuit_breaker(circuit_options{
        .name = "author", .trip = failures_in_a_row{failures}, .open_for = 5s, .time = &clock});
  }
};

TEST_F(RunBlocking, GivesTheValueOfAnyCallable) {
  const pipeline p(tries(3));
  EXPECT_EQ(*p.run([] { return 7; }, on()), 7);
  EXPECT_EQ(*p.run([](context& c) { return c.attempt(); }, on()), 1U);
  EXPECT_TRUE(p.run([] {}, on()));
  auto moved = p.run([] { return std::make_unique<int>(4); }, on());
  EXPECT_EQ(**moved, 4);
  struct once {
    int operator()() { return 5; }
  } functor;
  EXPECT_EQ(*p.run(functor, on()), 5);
  EXPECT_EQ(report.attempts, 1U);
}

TEST_F(RunBlocking, GivesTheValueOfAResultAndKeepsItsErrorType) {
  enum class mine { broken };
  const pipeline p(tries(2));
  auto good = p.run([]() -> result<int, mine> { return 3; }, on());
  EXPECT_EQ(*good, 3);
  auto bad = p.run([]() -> result<int, mine> { return failure(mine::broken); }, on());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().why, cause::error);
  EXPECT_EQ(bad.error().attempts, 2U);
  EXPECT_EQ(bad.error().error, mine::broken);
  EXPECT_EQ(elapsed(), 100ms);
}

TEST_F(RunBlocking, TakesAnErrorCodeForAResultWithoutValue) {
  const pipeline p(tries(2));
  int calls = 0;
  const auto flaky = [&] {
    return ++calls == 1 ? std::make_error_code(std::errc::connection_reset) : std::error_code();
  };
  EXPECT_TRUE(p.run(flaky, on()));
  EXPECT_EQ(calls, 2);
  auto bad = p.run([] { return std::make_error_code(std::errc::connection_refused); }, on());
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error() == std::errc::connection_refused);
  EXPECT_TRUE(bad.error() == condition::failed);
  EXPECT_FALSE(bad.error() == condition::rejected);
}

TEST_F(RunBlocking, KeepsExceptionsInTheErrorAndRetriesThem) {
  const pipeline p(tries(3));
  int calls = 0;
  auto got = p.run(
      [&]() -> std::string {
        if (++calls < 3) throw std::runtime_error("no");
        return "yes";
      },
      on());
  EXPECT_EQ(*got, "yes");
  EXPECT_EQ(elapsed(), 200ms);

  auto never = p.run([]() -> int { throw std::runtime_error("no"); }, on());
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().why, cause::exception);
  EXPECT_THROW(std::rethrow_exception(never.error().exception), std::runtime_error);
}

TEST_F(RunBlocking, ThrowingFaceThrowsWhatTheCallThrewAndOurRejections) {
  auto breaker = breaker_of(1);
  const pipeline p(breaker);
  EXPECT_EQ(p.run_or_throw([] { return 1; }, on()), 1);
  p.run_or_throw([] {}, on());
  EXPECT_THROW(p.run_or_throw([]() -> int { throw std::out_of_range("x"); }, on()),
               std::out_of_range);
  try {
    p.run_or_throw([] { return 1; }, on());
    FAIL() << "the circuit is open";
  } catch (const call_rejected& e) {
    EXPECT_EQ(e.why(), cause::rejected_open);
    EXPECT_EQ(e.retry_after(), 5s);
    EXPECT_TRUE(e.code() == condition::rejected);
  }
  const pipeline plain;
  EXPECT_THROW(
      plain.run_or_throw([] { return std::make_error_code(std::errc::connection_refused); }, on()),
      std::system_error);
}

TEST_F(RunBlocking, SaysARejectionAndWhenToComeBack) {
  auto breaker = breaker_of(1);
  const pipeline p(tries(3), breaker);
  int calls = 0;
  auto got = p.run(
      [&]() -> int {
        ++calls;
        throw 1;
      },
      on());
  ASSERT_FALSE(got);
  EXPECT_EQ(calls, 1) << "the second try is rejected, and a rejection is not retried";
  EXPECT_TRUE(got.error() == condition::rejected);
  EXPECT_EQ(got.error().retry_after, 4900ms);
  EXPECT_EQ(breaker.snapshot().last_error, "an exception");
}

TEST_F(RunBlocking, ALateValueIsGivenAndRecordedAsSlow) {
  circuit_breaker breaker(
      circuit_options{.name = "slow",
                      .trip = slow_ratio{.ratio = 1, .slower_than = 200ms, .min_calls = 1},
                      .time = &clock});
  const pipeline p(breaker, timeout(100ms));
  auto got = p.run(
      [&](context& c) {
        EXPECT_EQ(c.remaining(), 100ms);
        clock.advance(300ms);
        EXPECT_TRUE(c.cancelled());
        return 9;
      },
      on());
  EXPECT_EQ(*got, 9);
  EXPECT_EQ(breaker.state(), circuit_mode::open) << "one slow call of one";
}

TEST_F(RunBlocking, AFailureAfterTheDeadlineIsATimeoutAndIsTriedAgain) {
  auto breaker = breaker_of(5);
  const pipeline p(tries(2), breaker, timeout(100ms));
  auto got = p.run(
      [&](context& c) -> result<int> {
        if (c.attempt() == 2) return 2;
        clock.advance(100ms);
        return failure(std::make_error_code(std::errc::timed_out));
      },
      on());
  EXPECT_EQ(*got, 2);
  EXPECT_EQ(elapsed(), 200ms);
  EXPECT_EQ(breaker.snapshot().failed, 1U);

  auto late = p.run(
      [&]() -> result<int> {
        clock.advance(150ms);
        return failure(std::make_error_code(std::errc::io_error));
      },
      on());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().why, cause::timeout);
  EXPECT_TRUE(late.error() == std::errc::timed_out);
  EXPECT_EQ(late.error().error, std::make_error_code(std::errc::io_error));
}

TEST_F(RunBlocking, BeingCutByTheCallersDeadlineIsNoFailureOfTheOtherSide) {
  auto breaker = breaker_of(1);
  const pipeline p(breaker);
  auto options = on();
  options.until = deadline::after(clock.now(), 50ms);
  auto got = p.run(
      [&]() -> result<int> {
        clock.advance(50ms);
        return failure(std::make_error_code(std::errc::timed_out));
      },
      options);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().why, cause::deadline);
  EXPECT_EQ(breaker.state(), circuit_mode::closed);
  EXPECT_EQ(breaker.snapshot().ignored, 1U);
}

TEST_F(RunBlocking, AnInspectorJudgesValuesErrorsAndExceptions) {
  const pipeline p(tries(3));
  const auto by_value = [](int status) { return status < 500 ? verdict::ok : verdict::failure; };
  std::vector<int> answers{500, 503, 200};
  std::size_t at = 0;
  EXPECT_EQ(*p.run([&] { return answers[at++]; }, by_value, on()), 200);
  // The last one comes back as it is when nothing did better.
  EXPECT_EQ(*p.run([] { return 500; }, by_value, on()), 500);
  EXPECT_EQ(report.attempts, 3U);
  EXPECT_EQ(report.why, cause::error);

  const auto by_error = [](const std::error_code& e) {
    return e == std::errc::no_such_file_or_directory ? verdict::ok : verdict::failure;
  };
  auto missing = p.run([] { return std::make_error_code(std::errc::no_such_file_or_directory); },
                       by_error, on());
  ASSERT_FALSE(missing);
  EXPECT_EQ(report.attempts, 1U);
  EXPECT_EQ(report.counts, verdict::ok);
  EXPECT_TRUE(missing.error() == std::errc::no_such_file_or_directory);

  auto asked = p.run([] { return 503; }, inspect([](int) {
                       return outcome{.failed = true,
                                      .counts = verdict::ignored,
                                      .retryable = true,
                                      .why = cause::status,
                                      .retry_after = 2s};
                     }),
                     on());
  EXPECT_EQ(*asked, 503);
  EXPECT_GE(elapsed(), 4s) << "two waits as long as the other side asked";
}

TEST_F(RunBlocking, ExceptionsMayBeIgnoredByTypeAndPassAsTheyAre) {
  auto breaker = breaker_of(1);
  const pipeline p(fallback(1), tries(3), breaker);
  auto got = p.run([]() -> int { throw std::invalid_argument("mine"); },
                   inspect(ignoring<std::logic_error>), on());
  ASSERT_FALSE(got) << "a fallback never acts on an ignored outcome";
  EXPECT_THROW(got.error().raise(), std::invalid_argument);
  EXPECT_EQ(report.attempts, 1U);
  EXPECT_EQ(breaker.snapshot().ignored, 1U);

  auto other = p.run([]() -> int { throw std::runtime_error("theirs"); },
                     inspect(only<std::runtime_error>), on());
  EXPECT_EQ(*other, 1);
  EXPECT_TRUE(report.from_fallback);
  EXPECT_EQ(report.why, cause::rejected_open);
}

TEST_F(RunBlocking, TextOfAnExceptionIsTheBreakersLastError) {
  auto breaker = breaker_of(3);
  auto got = pipeline(breaker).run([]() -> int { throw std::runtime_error("no route"); }, on());
  EXPECT_FALSE(got);
  EXPECT_EQ(breaker.snapshot().last_error, "no route");
}

TEST_F(RunBlocking, ChildrenOnlyShrinkTheDeadline) {
  const pipeline outer(timeout(100ms));
  const pipeline inner(timeout(1s));
  auto got = outer.run(
      [&](context& parent) {
        clock.advance(40ms);
        return inner.run([&](context& child) { return child.remaining(); }, {.parent = &parent});
      },
      on());
  EXPECT_EQ(*got, 60ms);
}

TEST_F(RunBlocking, ARejectionInsideIsNoFailureOutside) {
  auto inner_breaker = breaker_of(1);
  inner_breaker.force_open();
  auto outer_breaker = breaker_of(1);
  const pipeline inner(inner_breaker), outer(tries(3), outer_breaker);
  auto got =
      outer.run([&](context& c) { return inner.run([] { return 1; }, {.parent = &c}); }, on());
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error() == condition::rejected);
  EXPECT_EQ(report.attempts, 1U);
  EXPECT_EQ(outer_breaker.state(), circuit_mode::closed);

  auto thrown = outer.run(
      [&](context& c) { return inner.run_or_throw([] { return 1; }, run_options{.parent = &c}); },
      on());
  ASSERT_FALSE(thrown);
  EXPECT_TRUE(thrown.error() == condition::rejected);
  EXPECT_EQ(outer_breaker.state(), circuit_mode::closed);
}

TEST_F(RunBlocking, GivingUpBeforeAndBetweenTriesIsCanceled) {
  auto breaker = breaker_of(1);
  const pipeline p(fallback(1), tries(3), breaker);
  std::stop_source source;
  auto options = on();
  options.stop = source.get_token();
  int calls = 0;
  auto during = p.run(
      [&](context& c) -> result<int> {
        ++calls;
        source.request_stop();
        EXPECT_TRUE(c.cancelled());
        return failure(std::make_error_code(std::errc::operation_canceled));
      },
      options);
  ASSERT_FALSE(during);
  EXPECT_TRUE(during.error() == condition::canceled);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(breaker.state(), circuit_mode::closed) << "the other side did nothing wrong";
  auto before = p.run([&] { return ++calls; }, options);
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().why, cause::canceled);
  EXPECT_EQ(calls, 1);
}

TEST_F(RunBlocking, WaitsNeitherLongerThanTheDeadlineNorForNothing) {
  const pipeline p(timeout(250ms), tries(10));
  auto got = p.run([]() -> int { throw 1; }, on());
  ASSERT_FALSE(got);
  EXPECT_EQ(report.attempts, 3U);
  EXPECT_EQ(elapsed(), 200ms) << "a fourth try could not start in time";
  EXPECT_EQ(got.error().why, cause::exception);
}

TEST_F(RunBlocking, APredicateThatThrowsGivesEveryPlaceBackOnce) {
  const bulkhead places({.calls = 1});
  const adaptive_limit limit;
  const pipeline p(
      retry({.attempts = 2,
             .when = [](const outcome&) -> bool { throw std::logic_error("the predicate"); }}),
      places, limit);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(static_cast<void>(p.run([]() -> int { throw std::runtime_error("f"); }, on())),
                 std::logic_error);
    EXPECT_EQ(places.look().in_use, 0U);
    EXPECT_EQ(limit.look().in_flight, 0U);
  }
  EXPECT_EQ(*p.run([] { return 7; }, on()), 7) << "there is room for the next call";
}

}  // namespace
}  // namespace weir
