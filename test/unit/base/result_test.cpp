#include "weir/base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace weir {
namespace {

using text_or_code = result<std::string, int>;

TEST(Result, HoldsAValue) {
  text_or_code r = "yes";
  ASSERT_TRUE(r);
  EXPECT_EQ(*r, "yes");
  EXPECT_EQ(r->size(), 3U);
  EXPECT_EQ(r.value_or("no"), "yes");
}

TEST(Result, HoldsAnError) {
  text_or_code r = failure(7);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), 7);
  EXPECT_EQ(r.value_or("no"), "no");
}

TEST(Result, MovesWhatCannotBeCopied) {
  result<std::unique_ptr<int>, std::string> r = std::make_unique<int>(3);
  auto moved = std::move(r);
  EXPECT_EQ(**moved, 3);
  auto owned = std::move(moved).value();
  EXPECT_EQ(*owned, 3);
}

TEST(Result, AssignsAcrossKinds) {
  text_or_code a = "a";
  const text_or_code b = failure(1);
  a = b;
  EXPECT_EQ(a.error(), 1);
  a = text_or_code("again");
  EXPECT_EQ(*a, "again");
  auto copy = a;
  EXPECT_EQ(*copy, *a);
}

TEST(Result, ChainsStopAtTheFirstError) {
  const auto half = [](int n) -> result<int, std::string> {
    if (n % 2 != 0) return failure("odd");
    return n / 2;
  };
  EXPECT_EQ(*half(8).and_then(half), 2);
  EXPECT_EQ(half(6).and_then(half).error(), "odd");
  EXPECT_EQ(*half(8).map([](int n) { return std::to_string(n); }), "4");
  EXPECT_EQ(half(7).map_error([](const std::string& s) { return s.size(); }).error(), 3U);
}

TEST(Result, OfNothingIsSuccessOrAnError) {
  result<void, std::string> fine;
  EXPECT_TRUE(fine);
  result<void, std::string> bad = failure("bad");
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), "bad");
}

TEST(Result, TellsApartValueAndErrorOfTheSameType) {
  result<int, int> r = failure(2);
  EXPECT_FALSE(r);
  r = 2;
  EXPECT_TRUE(r);
}

}  // namespace
}  // namespace weir
