#include <gtest/gtest.h>

// After that one.
#include <rapidcheck/gtest.h>

#include <vector>

#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"

namespace weir {
namespace {

RC_GTEST_PROP(AdaptiveLimitProperty, StaysWithinItsBoundsWhateverLatenciesCome, ()) {
  adaptive_limit_options o;
  o.least = *rc::gen::inRange<std::uint32_t>(1, 20);
  o.most = o.least + *rc::gen::inRange<std::uint32_t>(0, 100);
  o.initial = *rc::gen::inRange<std::uint32_t>(o.least, o.most + 1);
  o.tolerance = 1 + *rc::gen::inRange(0, 90) / 10.0;
  o.smoothing = *rc::gen::inRange(1, 11) / 10.0;
  o.memory = *rc::gen::inRange<std::uint32_t>(2, 6);
  o.window = duration(*rc::gen::inRange(1, 1000));
  o.samples = *rc::gen::inRange<std::uint32_t>(1, 4);
  RC_ASSERT(o.validate().empty());
  const adaptive_limit limit(o);
  std::vector<adaptive_limit::ticket> out;
  time_point now = manual_clock::start;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100'000));
  for (const int step : steps) {
    now += duration(step % 997);
    for (int i = step % 13; i-- > 0;) {
      const auto before = limit.look();
      auto t = limit.try_acquire(now);
      RC_ASSERT(static_cast<bool>(t) == (before.in_flight < before.limit));
      if (t) out.push_back(*std::move(t));
    }
    for (int i = step % 7; i-- > 0 && !out.empty();) {
      const auto at = static_cast<std::size_t>(step) % out.size();
      std::swap(out[at], out.back());
      const auto how = static_cast<verdict>(step % 3);
      // Also a verdict with a time before its start: clocks of two threads.
      out.back().record(how, step % 11 == 0 ? now - duration(2000) : now);
      out.pop_back();
    }
    const auto seen = limit.look();
    RC_ASSERT(seen.limit >= o.least);
    RC_ASSERT(seen.limit <= o.most);
    RC_ASSERT(seen.in_flight == out.size());
    RC_ASSERT(seen.in_flight <= o.most);
    RC_ASSERT(seen.base >= duration::zero());
  }
}

}  // namespace
}  // namespace weir
