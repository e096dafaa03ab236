#include "weir/base/clock.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, StandsStillUntilItIsTold) {
  const manual_clock clock;
  EXPECT_EQ(clock.now(), clock.now());
  EXPECT_EQ(clock.now(), manual_clock::start);
}

TEST(ManualClock, MovesByWhatItIsTold) {
  manual_clock clock;
  clock.advance(250ms);
  EXPECT_EQ(clock.now(), manual_clock::start + 250ms);
  clock.set(manual_clock::start);
  EXPECT_EQ(clock.now(), manual_clock::start);
}

TEST(SteadySource, NeverGoesBack) {
  const auto first = steady_source().now();
  EXPECT_GE(now(), first);
}

TEST(SaturatingAdd, StopsAtTheLastInstant) {
  EXPECT_EQ(saturating_add(manual_clock::start, duration::max()), time_point::max());
  EXPECT_EQ(saturating_add(time_point::max(), 1ns), time_point::max());
  EXPECT_EQ(saturating_add(time_point::min(), -1ns), time_point::min());
  EXPECT_EQ(saturating_add(manual_clock::start, 1s), manual_clock::start + 1s);
}

}  // namespace
}  // namespace weir
