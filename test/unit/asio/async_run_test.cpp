// The face on Boost.Asio. Its timers are the executor's, so these tests take milliseconds.

#include "weir/asio/async_run.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "weir/resilience.hpp"

namespace weir {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> pause(duration d) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(d);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<std::string> answer(std::string text, duration after = 0ms) {
  co_await pause(after);
  co_return text;
}

asio::awaitable<std::string> broken(int* calls) {
  ++*calls;
  co_await pause(0ms);
  throw std::runtime_error("broken");
}

// Hangs until it is cancelled, and says so.
asio::awaitable<std::string> hanging(bool* gone) {
  struct witness {
    bool* gone;
    ~witness() { *gone = true; }
  } const w{gone};
  co_await pause(1h);
  co_return "late";
}

// A loop on a thread of its own, until this ends.
class loop_elsewhere {
 public:
  explicit loop_elsewhere(asio::io_context& io)
      : work_(asio::make_work_guard(io)), thread_([&io] { io.run(); }) {}
  ~loop_elsewhere() { work_.reset(); }

  std::thread::id id() const { return thread_.get_id(); }

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::jthread thread_;
};

using text_result = result<std::string, call_error<>>;

struct AsyncRun : ::testing::Test {
  asio::io_context io{1};
  run_report report;

  // Runs the loop until the call is over.
  template <class F, class... More>
  text_result run(const pipeline& p, F f, More... more) {
    std::optional<text_result> got;
    p.async_run(io.get_executor(), std::move(f), std::move(more)...,
                [&](text_result r) { got.emplace(std::move(r)); });
    EXPECT_FALSE(got) << "never before the initiating function has returned";
    io.restart();
    io.run();
    EXPECT_TRUE(got);
    return std::move(*got);
  }
};

TEST_F(AsyncRun, GivesWhatTheCoroutineGives) {
  const pipeline p(retry({.attempts = 2}), timeout(10s));
  EXPECT_EQ(*run(p, [] { return answer("hello"); }), "hello");
  EXPECT_EQ(*run(p, [](context& c) { return answer(std::to_string(c.attempt())); }), "1");
  EXPECT_EQ(*run(pipeline(), [] { return answer("bare"); }), "bare");
}

TEST_F(AsyncRun, RetriesAnExceptionAndThenGivesIt) {
  const pipeline p(retry({.attempts = 3, .backoff = 1ms}));
  int calls = 0;
  auto got = run(p, [&] { return broken(&calls); }, run_options{.report = &report});
  ASSERT_FALSE(got);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(report.attempts, 3U);
  EXPECT_THROW(got.error().raise(), std::runtime_error);
}

TEST_F(AsyncRun, ATimeoutCancelsTheAttemptAndWaitsUntilItIsGone) {
  circuit_breaker breaker{{.name = "slow", .trip = failures_in_a_row{1}}};
  const pipeline p(breaker, timeout(5ms));
  bool gone = false;
  std::stop_token told;
  auto got = run(p, [&](context& c) {
    told = c.stop();
    return hanging(&gone);
  });
  ASSERT_FALSE(got);
  EXPECT_TRUE(gone);
  EXPECT_TRUE(told.stop_requested());
  EXPECT_TRUE(got.error() == condition::timeout);
  EXPECT_EQ(breaker.state(), circuit_mode::open);
}

TEST_F(AsyncRun, ATimedOutAttemptIsTriedAgain) {
  const pipeline p(retry({.attempts = 3, .backoff = 1ms}), timeout(5ms));
  bool gone = false;
  auto got = run(
      p, [&](context& c) { return c.attempt() < 3 ? hanging(&gone) : answer("third"); },
      run_options{.report = &report});
  EXPECT_EQ(*got, "third");
  EXPECT_EQ(report.attempts, 3U);
}

TEST_F(AsyncRun, AFallbackAnswersForARejection) {
  circuit_breaker breaker{{.name = "open"}};
  breaker.force_open();
  const pipeline p(fallback("cold"), breaker);
  EXPECT_EQ(*run(p, [] { return answer("hot"); }), "cold");
  EXPECT_THROW(p.async_run(
                   io.get_executor(), [] { return pause(0ms); }, asio::detached),
               std::invalid_argument)
      << "a fallback of another type is said at once";
}

TEST_F(AsyncRun, AnInspectorJudges) {
  const pipeline p(retry({.attempts = 2, .backoff = 0ms}));
  const auto judge = [](const std::string& s) {
    return s == "bad" ? verdict::failure : verdict::ok;
  };
  int calls = 0;
  auto got = run(p, [&] { return answer(++calls == 1 ? "bad" : "good"); }, judge, run_options{});
  EXPECT_EQ(*got, "good");
}

TEST_F(AsyncRun, TakesOperationsThatTakeATokenAndTheirErrorCodes) {
  asio::steady_timer timer(io, 1h);
  const pipeline p(timeout(5ms));
  std::optional<result<void, call_error<>>> got;
  p.async_run(
      io.get_executor(), [&] { return timer.async_wait(asio::deferred); },
      [&](result<void, call_error<>> r) { got.emplace(std::move(r)); });
  io.run();
  ASSERT_TRUE(got && !*got);
  EXPECT_TRUE(got->error() == condition::timeout);

  const pipeline plain;
  timer.expires_after(0ms);
  got.reset();
  plain.async_run(
      io.get_executor(), [&] { return timer.async_wait(asio::deferred); },
      [&](result<void, call_error<>> r) { got.emplace(std::move(r)); });
  io.restart();
  io.run();
  EXPECT_TRUE(got && *got);
}

TEST_F(AsyncRun, IsAwaitedInACoroutineOnItsExecutor) {
  const pipeline policy(fallback("cached"), retry({.attempts = 2, .backoff = 1ms}), timeout(1s));
  std::string got;
  int calls = 0;
  const auto page = [&]() -> asio::awaitable<void> {
    const auto fetch = [&](context&) { return ++calls == 1 ? broken(&calls) : answer("fresh"); };
    auto b = co_await policy.async_run(fetch);
    got = b.value();
    auto again = co_await policy.async_run(fetch, asio::use_awaitable);
    got += again.value();
  };
  asio::co_spawn(io, page, asio::detached);
  io.run();
  EXPECT_EQ(got, "freshfresh");
}

TEST_F(AsyncRun, CallersCancellationSlotEndsItAsCanceled) {
  circuit_breaker breaker{{.name = "b", .trip = failures_in_a_row{1}}};
  const pipeline p(fallback("never for this"), retry({.attempts = 5}), breaker);
  asio::cancellation_signal signal;
  bool gone = false;
  std::optional<text_result> got;
  p.async_run(
      io.get_executor(), [&] { return hanging(&gone); },
      asio::bind_cancellation_slot(signal.slot(),
                                   [&](text_result r) { got.emplace(std::move(r)); }));
  asio::post(io, [&] { signal.emit(asio::cancellation_type::terminal); });
  io.run();
  ASSERT_TRUE(got && !*got);
  EXPECT_TRUE(gone);
  EXPECT_TRUE(got->error() == condition::canceled);
  EXPECT_EQ(breaker.state(), circuit_mode::closed);
}

TEST_F(AsyncRun, StopTokenEndsItFromAnyThread) {
  const pipeline p(retry({.attempts = 2, .backoff = 1h}));
  std::stop_source source;
  int calls = 0;
  std::optional<text_result> got;
  p.async_run(
      io.get_executor(), [&] { return broken(&calls); }, run_options{.stop = source.get_token()},
      [&](text_result r) { got.emplace(std::move(r)); });
  std::jthread other([&] { source.request_stop(); });
  io.run();
  ASSERT_TRUE(got && !*got);
  EXPECT_TRUE(got->error() == condition::canceled);
}

TEST_F(AsyncRun, GivesAFutureOnAnotherThreadsLoop) {
  const pipeline p(retry({.attempts = 2, .backoff = 1ms}), timeout(10s));
  const loop_elsewhere loop(io);
  int calls = 0;
  auto future = p.async_run(
      io.get_executor(), [&] { return ++calls == 1 ? broken(&calls) : answer("by thread"); },
      asio::use_future);
  EXPECT_EQ(*future.get(), "by thread");
}

// Began on the caller's thread, its first attempt could end on the loop's before the timer was set.
TEST_F(AsyncRun, AFunctionCalledFromAnotherThreadBeginsOnTheLoop) {
  const pipeline p(timeout(10s));
  const loop_elsewhere loop(io);
  for (int i = 0; i < 200; ++i) {
    std::thread::id where;
    auto future = p.async_run(
        io.get_executor(),
        [&] {
          where = std::this_thread::get_id();
          return answer("there");
        },
        asio::use_future);
    ASSERT_EQ(*future.get(), "there");
    ASSERT_EQ(where, loop.id());
  }
}

TEST_F(AsyncRun, AFunctionCalledOnItsExecutorBeginsAtOnce) {
  const pipeline p(timeout(10s));
  bool begun = false, at_once = false;
  asio::post(io, [&] {
    p.async_run(
        io.get_executor(),
        [&] {
          begun = true;
          return answer("a");
        },
        [](const text_result&) {});
    at_once = begun;
  });
  io.run();
  EXPECT_TRUE(at_once);
}

TEST_F(AsyncRun, AStopOnAnotherThreadWhileItStartsEndsItOnce) {
  const pipeline p(retry({.attempts = 2, .backoff = 1h}));
  const loop_elsewhere loop(io);
  for (int i = 0; i < 200; ++i) {
    std::stop_source source;
    std::jthread other([&] { source.request_stop(); });
    int calls = 0;
    auto future = p.async_run(
        io.get_executor(), [&] { return broken(&calls); }, run_options{.stop = source.get_token()},
        asio::use_future);
    ASSERT_TRUE(future.get().error() == condition::canceled);
  }
}

TEST_F(AsyncRun, AHedgeTakesWhicheverAnswersFirst) {
  const pipeline p(hedge({.after = duration(2ms), .attempts = 2, .budget = {}}));
  bool gone = false;
  auto got = run(
      p, [&](context& c) { return c.attempt() == 1 ? hanging(&gone) : answer("second"); },
      run_options{.report = &report});
  EXPECT_EQ(*got, "second");
  EXPECT_TRUE(gone) << "the loser is awaited";
  EXPECT_EQ(report.attempts, 2U);
}

TEST_F(AsyncRun, ACallWaitsInABulkheadForTheOneInside) {
  const pipeline p(bulkhead({.calls = 1, .queue = 1, .longest_wait = 10s}));
  std::string order;
  const auto note = [&](const text_result& r) { order += *r; };
  p.async_run(io.get_executor(), [] { return answer("a", 2ms); }, note);
  p.async_run(io.get_executor(), [] { return answer("b"); }, note);
  io.run();
  EXPECT_EQ(order, "ab");
}

TEST_F(AsyncRun, ALoopThatIsDestroyedEndsItWithoutAVerdict) {
  circuit_breaker breaker{{.name = "b", .trip = failures_in_a_row{1}}};
  const pipeline p(breaker, timeout(1h));
  bool gone = false, called = false;
  {
    asio::io_context doomed{1};
    p.async_run(
        doomed.get_executor(), [&] { return hanging(&gone); }, [&](text_result) { called = true; });
    doomed.poll();
  }
  EXPECT_TRUE(gone);
  EXPECT_FALSE(called);
  EXPECT_EQ(breaker.snapshot().ignored, 1U);
}

TEST_F(AsyncRun, CallsNest) {
  const pipeline outer(retry({.attempts = 2, .backoff = 0ms})), inner(timeout(5ms));
  bool gone = false;
  auto got = run(outer, [&](context& c) {
    return inner.async_run(
        io.get_executor(),
        [&, n = c.attempt()] { return n == 1 ? hanging(&gone) : answer("second"); },
        run_options{.parent = &c}, asio::deferred);
  });
  EXPECT_EQ(*got, "second");
}

}  // namespace
}  // namespace weir
