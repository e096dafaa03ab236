#include "weir/base/deadline.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;
constexpr time_point t0 = manual_clock::start;

TEST(Deadline, IsOverAtItsVeryInstant) {
  const auto d = deadline::after(t0, 1s);
  EXPECT_FALSE(d.expired(t0 + 999ms));
  EXPECT_TRUE(d.expired(t0 + 1s));
}

TEST(Deadline, LeavesNothingNegative) {
  const auto d = deadline::after(t0, 1s);
  EXPECT_EQ(d.remaining(t0 + 300ms), 700ms);
  EXPECT_EQ(d.remaining(t0 + 2s), 0s);
}

TEST(Deadline, NeverComesWhenThereIsNone) {
  EXPECT_TRUE(deadline().is_never());
  EXPECT_TRUE(deadline::after(t0, duration::max()).is_never());
  EXPECT_EQ(deadline::never().remaining(t0), duration::max());
  EXPECT_FALSE(deadline::never().expired(t0 + 1000h));
}

TEST(Deadline, OfAChildOnlyShrinks) {
  const auto parent = deadline::after(t0, 1s);
  EXPECT_EQ(deadline::earlier(parent, deadline::after(t0, 2s)), parent);
  EXPECT_EQ(deadline::earlier(parent, deadline::after(t0, 500ms)).when(), t0 + 500ms);
}

}  // namespace
}  // namespace weir
