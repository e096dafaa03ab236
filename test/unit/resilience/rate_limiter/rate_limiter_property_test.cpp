#include <gtest/gtest.h>

// After that one.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "unit/resilience/start.hpp"
#include "weir/resilience/rate_limiter/state.hpp"

namespace weir {
namespace {

using test::t0;

// In no span of time are more calls let go than the bucket holds and what flows into it meanwhile.
RC_GTEST_PROP(RateLimiterProperty, NeverLetsMoreGoThanBurstAndRate, ()) {
  const duration interval(*rc::gen::inRange(1, 1'000'000));
  const auto burst = *rc::gen::inRange<std::uint32_t>(1, 12);
  const duration longest = interval * *rc::gen::inRange(0, 6);
  detail::gcra cells(interval, burst);
  time_point now = t0;
  time_point latest = time_point::min();
  std::vector<time_point> let_go;
  const auto asked = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000));
  for (const int a : asked) {
    now += interval * (a % 7) / 3;
    const auto permits = 1 + static_cast<std::uint32_t>(a / 7) % burst;
    const std::uint32_t room = cells.available(now);
    RC_ASSERT(room <= burst);
    const auto given = cells.reserve(now, permits, longest);
    RC_ASSERT(given.wait >= duration::zero());
    if (permits <= room) RC_ASSERT(given.given && given.wait == duration::zero());
    if (!given.given) {
      RC_ASSERT(given.wait > duration::zero());
      continue;
    }
    RC_ASSERT(given.wait <= longest);
    const time_point turn = now + given.wait;
    RC_ASSERT(turn >= latest);  // first come, first served
    if (given.wait > duration::zero() && a % 5 == 0) {
      cells.cancel(turn, permits);  // nobody came after: it is given back whole
      continue;
    }
    latest = turn;
    let_go.insert(let_go.end(), permits, turn);
  }
  for (std::size_t i = 0; i < let_go.size(); ++i) {
    for (std::size_t j = i; j < let_go.size(); ++j) {
      const auto flowed = static_cast<std::size_t>((let_go[j] - let_go[i]) / interval);
      RC_ASSERT(j - i + 1 <= burst + flowed);
    }
  }
}

// What is turned away is told when to come again: then, and not a moment earlier, it is let go.
RC_GTEST_PROP(RateLimiterProperty, SaysWhenItIsWorthAskingAgain, ()) {
  const duration interval(*rc::gen::inRange(2, 1'000'000));
  const auto burst = *rc::gen::inRange<std::uint32_t>(1, 8);
  const auto permits = *rc::gen::inRange<std::uint32_t>(1, 12);
  const duration longest = interval * *rc::gen::inRange(0, 4);
  const auto full = [&](time_point at) {
    detail::gcra cells(interval, burst);
    while (cells.reserve(t0, 1, longest).given) {
    }
    return cells.reserve(at, permits, longest);
  };
  const auto refused = full(t0);
  RC_PRE(!refused.given);
  if (permits > burst + static_cast<std::uint32_t>(longest / interval)) {
    constexpr duration year = std::chrono::hours(24 * 365);
    RC_ASSERT(refused.wait > 10 * year);
    RC_ASSERT(!full(t0 + year).given);
    return;
  }
  RC_ASSERT(full(t0 + refused.wait).given);
  RC_ASSERT(!full(t0 + refused.wait - duration(1)).given);
}

}  // namespace
}  // namespace weir
