#include "weir/resilience/retry/retry.hpp"

#include <gtest/gtest.h>

#include "unit/resilience/pipeline/driver.hpp"
#include "weir/resilience/timeout/timeout.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::bad;
using test::driver;
using test::fatal;
using test::good;
using test::hangs;
using test::three_tries;

TEST(Retry, TriesAgainAfterItsDelay) {
  const pipeline p(three_tries());
  driver d(p, {bad(10ms), bad(10ms), good(10ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 110 start#2, 220 start#3, 230 finish ok");
}

TEST(Retry, GivesUpWithTheLastCause) {
  const pipeline p(three_tries());
  driver d(p, {bad(0ms), bad(0ms), bad(0ms, cause::connect)});
  const action end = d.run();
  EXPECT_EQ(d.story(), "0 start#1, 100 start#2, 200 start#3, 200 finish connect");
  EXPECT_EQ(end.attempt, 3U);
}

TEST(Retry, OfTheBookWithATimeoutOfATenthOfASecond) {
  const pipeline p(three_tries(), timeout(100ms));
  driver failing(p, {bad(), bad(), bad()});
  failing.run();
  EXPECT_EQ(failing.story(), "0 start#1, 100 start#2, 200 start#3, 200 finish reset");
  driver hanging(p, {hangs(), hangs(), hangs()});
  hanging.run();
  EXPECT_EQ(hanging.story(),
            "0 start#1, 100 cancel#1, 200 start#2, 300 cancel#2, 400 start#3, 500 cancel#3, 500 "
            "finish timeout");
}

TEST(Retry, LeavesAloneWhatIsNotRetryable) {
  const pipeline p(three_tries());
  driver d(p, {fatal(5ms)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 5 finish decode");
  driver once(p, {bad(5ms)}, {.retryable = false});
  once.run();
  EXPECT_EQ(once.story(), "0 start#1, 5 finish reset");
}

TEST(Retry, WaitsAsLongAsItIsAsked) {
  const pipeline p(three_tries());
  outcome busy{.failed = true,
               .counts = verdict::ignored,
               .retryable = true,
               .why = cause::status,
               .retry_after = 2s};
  driver d(p, {{10ms, busy}, good()}, {.until = deadline::after(driver::t0, 5s)});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 2010 start#2, 2010 finish ok");
  driver late(p, {{10ms, busy}, good()}, {.until = deadline::after(driver::t0, 2s)});
  late.run();
  EXPECT_EQ(late.story(), "0 start#1, 10 finish status") << "it would come too late";
}

TEST(Retry, StartsNoneAfterItsLongestTotal) {
  const pipeline p(retry({.attempts = 10, .backoff = 100ms, .longest_total = 250ms}));
  driver d(p, {bad(), bad(), bad(), bad()});
  d.run();
  EXPECT_EQ(d.story(), "0 start#1, 100 start#2, 200 start#3, 200 finish reset");
}

TEST(Retry, AsksItsBudget) {
  const retry_budget budget({.ratio = 0.5, .floor = 0});
  const pipeline p(retry({.attempts = 2, .backoff = 0ms, .budget = budget}));
  int attempts = 0;
  for (int i = 0; i < 100; ++i) {
    driver d(p, {bad(), bad()});
    d.run();
    attempts += static_cast<int>(d.call().attempts());
  }
  EXPECT_EQ(attempts, 150);
}

TEST(Retry, DecidesByAPredicateIfGivenOne) {
  const pipeline p(retry({.attempts = 2, .backoff = 0ms, .when = [](const outcome& o) {
                            return o.why == cause::decode;
                          }}));
  driver yes(p, {fatal(), good()});
  yes.run();
  EXPECT_EQ(yes.story(), "0 start#1, 0 start#2, 0 finish ok");
  driver no(p, {bad(), good()});
  no.run();
  EXPECT_EQ(no.story(), "0 start#1, 0 finish reset");
}

}  // namespace
}  // namespace weir
