#include <gtest/gtest.h>

// After that one.
#include <rapidcheck/gtest.h>

#include <vector>

#include "weir/resilience/throttler/throttler.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

RC_GTEST_PROP(ThrottlerProperty, TurnsAwayAsTheFormulaSaysAndForgets, ()) {
  const double factor = 1 + *rc::gen::inRange(0, 50) / 10.0;
  const auto least = *rc::gen::inRange<std::uint32_t>(0, 20);
  const throttler t({.factor = factor, .within = 2s, .min_calls = least});
  time_point now = manual_clock::start;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000));
  for (const int step : steps) {
    if (step % 4 == 0) now += step * 1ms;
    const auto before = t.look(now);
    fixed_random draw(step / 1000.0);
    const bool go = t.try_acquire(now, draw);
    RC_ASSERT(go == (draw.unit() >= before.rejecting));
    if (go) t.record(static_cast<verdict>(step % 3), now);
    const auto seen = t.look(now);
    RC_ASSERT(seen.accepts <= seen.requests);
    RC_ASSERT(seen.rejecting >= 0 && seen.rejecting < 1);
    const auto requests = static_cast<double>(seen.requests);
    const auto accepts = static_cast<double>(seen.accepts);
    const double book =
        requests < least ? 0 : std::max(0.0, (requests - factor * accepts) / (requests + 1));
    RC_ASSERT(std::abs(seen.rejecting - book) < 1e-12);
  }
  RC_ASSERT(t.look(now + 2s).requests == 0U);
}

}  // namespace
}  // namespace weir
