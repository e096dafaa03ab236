// Compositions, each named as its stack, outermost first.

#include "weir/resilience/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include "unit/resilience/pipeline/driver.hpp"
#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"
#include "weir/resilience/bulkhead/bulkhead.hpp"
#include "weir/resilience/hedge/hedge.hpp"
#include "weir/resilience/rate_limiter/rate_limiter.hpp"
#include "weir/resilience/throttler/throttler.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::bad;
using test::driver;
using test::fatal;
using test::good;
using test::hangs;
using test::three_tries;

circuit_breaker breaker_of(std::uint32_t failures) {
  return circuit_breaker(
      circuit_options{.name = "author", .trip = failures_in_a_row{failures}, .open_for = 5s});
}

TEST(PipelineOfNothing, IsTheAttemptItself) {
  driver fine(pipeline(), {good(10ms)});
  EXPECT_FALSE(fine.run().how.failed);
  EXPECT_EQ(fine.story(), "0 start#1, 10 finish ok");
  driver broken(pipeline(), {bad(10ms)});
  broken.run();
  EXPECT_EQ(broken.story(), "0 start#1, 10 finish reset");
}

TEST(Timeout, CancelsAndIsAFailureOfItsOwnKind) {
  const pipeline p(timeout(300ms));
  driver d(p, {hangs()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 300 cancel#1, 300 finish timeout");
}

TEST(TimeoutRetryTimeout, CoversAttemptsAndWaitsFromOutside) {
  const pipeline p(timeout(250ms), three_tries(), timeout(100ms));
  driver d(p, {hangs(), hangs()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 100 cancel#1, 200 start#2, 250 cancel#2, 250 finish timeout");
}

TEST(TimeoutRetry, DoesNotWaitForARetryThatCannotStart) {
  const pipeline p(timeout(150ms), three_tries());
  driver d(p, {bad(), bad(20ms), good()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 100 start#2, 120 finish reset");
}

TEST(RetryBreaker, ShowsTheBreakerEachAttempt) {
  const auto breaker = breaker_of(3);
  const pipeline p(three_tries(), breaker);
  driver d(p, {bad(), bad(), bad()});
  d.run();
  EXPECT_EQ(breaker.state(d.now()), circuit_mode::open);
  EXPECT_EQ(breaker.snapshot(d.now()).last_error, "reset");
}

TEST(RetryBreaker, NeverRetriesARejection) {
  const auto breaker = breaker_of(1);
  const pipeline p(three_tries(), breaker);
  driver d(p, {bad(), good()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 100 finish rejected_open");
  driver next(p, {good()});
  const action end = next.run();
  EXPECT_EQ(next.story(), "0 finish rejected_open");
  EXPECT_EQ(end.attempt, 0U);
  EXPECT_EQ(end.how.retry_after, 5s);
}

TEST(RetryBreaker, RetriesARejectionIfToldTo) {
  const auto breaker = breaker_of(1);
  const pipeline p(retry({.attempts = 3, .backoff = 100ms, .retry_rejections = true}), breaker);
  driver d(p, {bad(), good()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 5000 start#2, 5000 finish ok")
      << "as long as the circuit says, no earlier";
}

TEST(BreakerRetry, ShowsTheBreakerTheOutcomeOfAll) {
  const auto breaker = breaker_of(2);
  const pipeline p(breaker, three_tries(0ms));
  driver d(p, {bad(), bad(), bad()});
  d.run();
  EXPECT_EQ(breaker.snapshot(d.now()).failures, 1U);
}

TEST(BreakerTimeout, CountsAConfiguredTimeoutAsAFailure) {
  const auto breaker = breaker_of(1);
  const pipeline inside(breaker, timeout(100ms));
  driver d(inside, {hangs()});
  d.run();
  EXPECT_EQ(breaker.state(d.now()), circuit_mode::open);
}

TEST(TimeoutBreaker, CountsAConfiguredTimeoutAsAFailure) {
  const auto breaker = breaker_of(1);
  const pipeline outside(timeout(100ms), breaker);
  driver d(outside, {hangs()});
  d.run();
  EXPECT_EQ(breaker.state(d.now()), circuit_mode::open);
}

TEST(Breaker, IgnoresACallCutByTheCallersDeadline) {
  const auto breaker = breaker_of(1);
  const pipeline p(timeout(1s), breaker, timeout(500ms));
  driver d(p, {hangs()}, {.until = deadline::after(driver::t0, 200ms)});
  const action end = d.run();
  EXPECT_EQ(d.story(), "0 start#1, 200 cancel#1, 200 finish deadline");
  EXPECT_EQ(breaker.state(d.now()), circuit_mode::closed);
  EXPECT_EQ(breaker.snapshot(d.now()).ignored, 1U);
  EXPECT_EQ(end.how.counts, verdict::ignored);
}

TEST(Breaker, CountsACallCutByAConfiguredDeadline) {
  const auto breaker = breaker_of(1);
  const pipeline p(breaker);
  driver d(p, {hangs()},
           {.until = deadline::after(driver::t0, 200ms), .until_is_configured = true});
  d.run();
  EXPECT_EQ(breaker.state(d.now()), circuit_mode::open);
}

TEST(Breaker, IgnoresACallThatIsCancelled) {
  const auto breaker = breaker_of(1);
  const pipeline p(three_tries(), breaker, timeout(1s));
  driver d(p, {hangs()});
  d.run(50ms);
  d.cancel();
  EXPECT_EQ(d.story(), "0 start#1, 50 cancel#1, 50 finish canceled");
  EXPECT_EQ(breaker.state(d.now()), circuit_mode::closed);
}

TEST(Breaker, IgnoresACallThatIsDestroyedInFlight) {
  const auto breaker = breaker_of(1);
  const pipeline p(three_tries(), breaker);
  {
    driver d(p, {hangs()});
    d.run(50ms);
  }
  EXPECT_EQ(breaker.snapshot(driver::t0).ignored, 1U);
  EXPECT_EQ(breaker.state(driver::t0), circuit_mode::closed);
}

TEST(RetryBreaker, IsCancelledWhileItWaits) {
  const auto breaker = breaker_of(5);
  const pipeline p(three_tries(), breaker);
  driver d(p, {bad()});
  d.run(50ms);
  d.cancel();
  EXPECT_EQ(d.story(), "0 start#1, 50 finish canceled");
  EXPECT_EQ(d.call().next(d.now()).kind, action_kind::none);
}

TEST(FallbackRetryBreakerTimeout, AnswersInEveryWeather) {
  const auto breaker = breaker_of(3);
  const pipeline p = fallback_point() | three_tries() | breaker | timeout(100ms);
  driver fine(p, {good(10ms)});
  EXPECT_EQ(fine.run().fallback, -1);
  driver down(p, {hangs(), bad(), bad()});
  EXPECT_EQ(down.run().fallback, 0);
  EXPECT_EQ(down.story(),
            "0 start#1, 100 cancel#1, 200 start#2, 300 start#3, 300 finish fallback for reset");
  driver open(p, {good()});
  EXPECT_EQ(open.run().how.why, cause::rejected_open);
  EXPECT_EQ(open.story(), "0 finish fallback for rejected_open");
}

TEST(FallbackTimeout, AnswersAtTheCallersDeadline) {
  const pipeline p(fallback_point(), timeout(1s));
  driver d(p, {hangs()}, {.until = deadline::after(driver::t0, 100ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 100 cancel#1, 100 finish fallback for deadline");
}

TEST(Fallback, DoesNotAnswerForACancelledCall) {
  const pipeline p{fallback_point()};
  driver d(p, {hangs()});
  d.run(10ms);
  EXPECT_TRUE(d.cancel().how.failed);
}

TEST(Fallback, LeavesAloneWhatIsIgnored) {
  const pipeline p{fallback_point()};
  driver d(p, {{0ms, outcome::ignored()}});
  const action end = d.run();
  EXPECT_FALSE(end.how.failed);
  EXPECT_EQ(end.fallback, -1);
}

TEST(Fallback, MayBeNarrowedToSomeCauses) {
  const pipeline p(fallback_point([](const outcome& o) { return is_rejection(o.why); }));
  driver d(p, {bad()});
  EXPECT_TRUE(d.run().how.failed);
}

TEST(RetryFallback, ForgetsAFallbackThatWasNotTheEnd) {
  const pipeline p(retry({.attempts = 2, .backoff = 0ms}),
                   fallback_point([](const outcome& o) { return o.why == cause::decode; }));
  driver d(p, {bad(), good()});
  EXPECT_EQ(d.run().fallback, -1);
}

TEST(Pipeline, EndsAtOnceIfTheDeadlineIsOver) {
  const auto breaker = breaker_of(1);
  const pipeline p(breaker);
  driver d(p, {good()}, {.until = deadline::at(driver::t0)});
  d.run();
  EXPECT_EQ(d.story(), "0 finish deadline");
}

TEST(Pipeline, TakesAResultThatCameInTimeThoughItsTimerIsLate) {
  const pipeline p(timeout(100ms));
  pipeline_call call(p);
  call.start(driver::t0);
  const action end = call.attempt_done(driver::t0 + 150ms, 1, outcome::success());
  EXPECT_EQ(end.kind, action_kind::finish);
  EXPECT_FALSE(end.how.failed);
}

TEST(Pipeline, TakesNoNoticeOfAnAttemptThatIsNoLongerItsOwn) {
  const pipeline p(retry({.attempts = 2, .backoff = 0ms}), timeout(100ms));
  pipeline_call call(p);
  const time_point t = driver::t0;
  EXPECT_EQ(call.start(t).kind, action_kind::start_attempt);
  EXPECT_EQ(call.timer(t + 100ms).kind, action_kind::cancel_attempt);
  EXPECT_EQ(call.timer(t + 101ms).kind, action_kind::wait) << "until the attempt is gone";
  const action second = call.attempt_done(t + 102ms, 1, outcome::success());
  EXPECT_EQ(second.kind, action_kind::start_attempt);
  EXPECT_EQ(second.attempt, 2U);
  EXPECT_EQ(call.attempt_done(t + 103ms, 1, outcome::success()).kind, action_kind::wait);
  EXPECT_EQ(call.attempt_done(t + 103ms, 2, outcome::success()).kind, action_kind::finish);
}

TEST(Pipeline, GivesEachAttemptTheEarliestOfItsDeadlines) {
  const pipeline p(timeout(1s), timeout(300ms), timeout(500ms));
  pipeline_call call(p, {.until = deadline::after(driver::t0, 10s)});
  EXPECT_EQ(call.start(driver::t0).until, driver::t0 + 300ms);
  EXPECT_EQ(call.next(driver::t0).until, driver::t0 + 300ms);
}

TEST(Pipeline, HoldsMoreLayersThanItHasRoomFor) {
  pipeline p;
  for (int i = 0; i < 20; ++i) p = p | timeout(std::chrono::seconds(20 - i));
  driver d(p, {hangs()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 1000 cancel#1, 1000 finish timeout");
}

TEST(Pipeline, TellsWhatACallCanCost) {
  const pipeline p = fallback_point() | timeout(5s) |
                     retry({.attempts = 3, .backoff = exponential{50ms, 1s}}) | breaker_of(1) |
                     timeout(300ms);
  EXPECT_EQ(p.worst(), (worst_case{3, 3 * 300ms + 50ms + 100ms}));
  EXPECT_EQ(p.describe().text(),
            "fallback  (at most 3 attempts, 1s50ms)\n"
            "  timeout: 5s  (at most 3 attempts, 1s50ms)\n"
            "    retry: 3 attempts, back-off 50ms..1s, full jitter  (at most 3 attempts, 1s50ms)\n"
            "      breaker: author  (at most 1 attempt, 300ms)\n"
            "        timeout: 300ms  (at most 1 attempt, 300ms)\n"
            "          attempt  (at most 1 attempt, no limit of time)\n");
  const pipeline twice(retry({.attempts = 3}), retry({.attempts = 4}));
  EXPECT_EQ(twice.worst(), (worst_case{12, duration::max()}));
  EXPECT_EQ(pipeline(timeout(1s), retry({.attempts = 3})).worst(), (worst_case{3, 1s}));
}

TEST(Pipeline, DescribesEveryPolicy) {
  const pipeline p = hedge({.after = 50ms}) |
                     rate_limiter({.allow = bursty{.calls = 20, .within = 1s}}) |
                     rate_limiter({.allow = smooth{10ms}, .longest_wait = 2s}) |
                     bulkhead({.calls = 8, .queue = 16, .longest_wait = 1s}) | adaptive_limit() |
                     throttler() | timeout(300ms);
  const std::string text = p.describe().text();
  for (const char* line :
       {"hedge: up to 2 attempts, after 50ms, within a budget  (at most 2 attempts, 3s350ms)\n",
        "  rate limit: 20 in 1s  (at most 1 attempt, 3s300ms)\n",
        "    rate limit: one every 10ms, may wait 2s  (at most 1 attempt, 3s300ms)\n",
        "      bulkhead: 8 calls, 16 may wait 1s  (at most 1 attempt, 1s300ms)\n",
        "        adaptive limit: 1..1000 calls  (at most 1 attempt, 300ms)\n",
        "          throttler: 2 calls for each served  (at most 1 attempt, 300ms)\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "is not in\n" << text;
  }
}

TEST(Pipeline, WarnsOfOrdersThatMakeNoSense) {
  EXPECT_TRUE((fallback_point() | three_tries() | breaker_of(1) | timeout(1s)).warnings().empty());
  EXPECT_EQ((three_tries() | fallback_point()).warnings().size(), 1U);
  EXPECT_EQ((breaker_of(1) | fallback_point()).warnings().size(), 1U);
  EXPECT_EQ((three_tries() | three_tries()).warnings().size(), 1U);
  EXPECT_TRUE((fallback_point() | three_tries() | hedge() | breaker_of(1) | rate_limiter() |
               bulkhead() | adaptive_limit() | throttler() | timeout(1s))
                  .warnings()
                  .empty());
  EXPECT_EQ((rate_limiter() | three_tries()).warnings().size(), 1U);
  EXPECT_EQ((hedge() | hedge()).warnings().size(), 1U);
  EXPECT_EQ((adaptive_limit() | bulkhead()).warnings().size(), 1U);
  EXPECT_EQ((throttler() | fallback_point()).warnings().size(), 1U);
}

}  // namespace
}  // namespace weir
