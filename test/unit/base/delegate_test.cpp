#include "weir/base/delegate.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace weir {
namespace {

struct counter {
  int total = 0;
  void add(int n) { total += n; }
  int get() const { return total; }
};

int twice(int n) {
  return 2 * n;
}

TEST(Delegate, CallsAMemberOfAnObject) {
  counter c;
  const auto add = delegate<void(int)>::to<&counter::add>(c);
  add(3);
  add(4);
  const counter& view = c;
  EXPECT_EQ((delegate<int()>::to<&counter::get>(view)()), 7);
}

TEST(Delegate, CallsAPlainFunction) {
  EXPECT_EQ((delegate<int(int)>::to<&twice>()(21)), 42);
}

TEST(Delegate, CallsALambdaThatStaysWithItsOwner) {
  int seen = 0;
  auto lambda = [&seen](std::unique_ptr<int> n) { seen = *n; };
  const auto d = delegate<void(std::unique_ptr<int>)>::ref(lambda);
  d(std::make_unique<int>(5));
  EXPECT_EQ(seen, 5);
}

TEST(Delegate, PassesAContext) {
  counter c;
  const auto d =
      delegate<void(int)>::with([](void* o, int n) { static_cast<counter*>(o)->total = n; }, &c);
  d(9);
  EXPECT_EQ(c.total, 9);
}

TEST(Delegate, KnowsWhetherItIsEmpty) {
  delegate<void()> none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none, delegate<void()>(nullptr));
  EXPECT_LE(sizeof(none), 2 * sizeof(void*));
}

}  // namespace
}  // namespace weir
