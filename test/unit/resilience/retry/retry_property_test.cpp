#include <gtest/gtest.h>

// After that one.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "unit/resilience/start.hpp"
#include "weir/resilience/retry/backoff.hpp"
#include "weir/resilience/retry/retry_budget.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

using test::t0;

duration any_duration() {
  // Of every magnitude, the last instants too.
  const int magnitude = *rc::gen::inRange(0, 63);
  return duration(
      *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << magnitude) +
      (magnitude == 62 ? *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 62) : 0));
}

backoff any_backoff(duration first, duration longest) {
  const auto spread = *rc::gen::element(jitter::none, jitter::full);
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return constant{first, spread};
    case 1:
      return exponential{first, longest, 1 + *rc::gen::inRange(0, 100) / 10.0, spread};
    default:
      return decorrelated{first, longest};
  }
}

RC_GTEST_PROP(BackoffProperty, StaysWithinWhatItSaysAtEveryRetry, ()) {
  const duration first = std::max(duration(1), any_duration());
  const duration longest = std::max(first, any_duration());
  const backoff b = any_backoff(first, longest);
  option_problems problems;
  b.validate(problems);
  RC_ASSERT(problems.empty());
  seeded_random random(*rc::gen::arbitrary<std::uint64_t>());
  duration before{};
  for (std::uint32_t retry = 1; retry <= 70; ++retry) {
    const duration d = b.delay(retry, before, random);
    RC_ASSERT(d >= duration::zero());
    RC_ASSERT(d <= b.longest(retry));
    RC_ASSERT(b.longest(retry) <= longest);
    before = d;
  }
}

// Retries of the last `within` are no more than the ratio of first attempts and the floor allow. It
// errs on the careful side by a twentieth: first attempts may be forgotten so much earlier, and
// retries so much later.
RC_GTEST_PROP(RetryBudgetProperty, IsNeverOverdrawnWhateverComesWhen, ()) {
  const double ratio = *rc::gen::inRange(0, 40) / 10.0;
  const double floor = *rc::gen::inRange(0, 30) / 10.0;
  const retry_budget budget({.ratio = ratio, .floor = floor, .within = 2s});
  std::vector<time_point> first;
  std::vector<time_point> again;
  time_point now = t0;
  const auto since = [&now](const std::vector<time_point>& all, duration last) {
    return static_cast<double>(
        std::count_if(all.begin(), all.end(), [&](time_point t) { return now - t < last; }));
  };
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 600));
  for (const int step : steps) {
    if (step % 3 == 0) now += step * 1ms;
    if (step % 2 == 0) {
      budget.first_attempt(now);
      first.push_back(now);
    } else if (budget.try_retry(now)) {
      again.push_back(now);
      RC_ASSERT(since(again, 2s) <= ratio * since(first, 2s) + 2 * floor + 1e-6);
    } else {
      // Refused only where one more would be too many.
      RC_ASSERT(since(again, 2100ms) + 1 > ratio * since(first, 1900ms) + 2 * floor - 1e-6);
    }
    const auto seen = budget.look(now);
    RC_ASSERT(seen.left >= 0);
    RC_ASSERT(static_cast<double>(seen.first_attempts) <= since(first, 2s));
    RC_ASSERT(static_cast<double>(seen.first_attempts) >= since(first, 1900ms));
  }
}

}  // namespace
}  // namespace weir
