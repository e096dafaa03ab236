#include "weir/base/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

TEST(SeededRandom, RepeatsItselfForTheSameSeed) {
  seeded_random a(42);
  seeded_random b(42);
  seeded_random c(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto drawn = a.next();
    EXPECT_EQ(drawn, b.next());
    differs = differs || drawn != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(SeededRandom, FillsItsRangeEvenly) {
  seeded_random r(1);
  std::array<int, 10> seen{};
  for (int i = 0; i < 100'000; ++i) {
    const double u = r.unit();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    ++seen[r.below(10)];
  }
  for (const int n : seen) EXPECT_NEAR(n, 10'000, 500);
}

TEST(FixedRandom, DrawsWhereItIsTold) {
  fixed_random half(0.5);
  EXPECT_DOUBLE_EQ(half.unit(), 0.5);
  EXPECT_EQ(half.below(10), 5U);
  fixed_random none(0);
  EXPECT_EQ(none.below(0), 0U);
}

TEST(ThreadRandom, IsOneGeneratorForAThread) {
  EXPECT_EQ(&thread_random(), &thread_random());
  EXPECT_NE(thread_random().next(), thread_random().next());
}

}  // namespace
}  // namespace weir
