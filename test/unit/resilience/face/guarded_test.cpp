#include "weir/resilience/face/guarded.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace weir {
namespace {

using namespace std::chrono_literals;

struct BreakerContext : ::testing::Test {
  manual_clock clock;
  circuit_breaker author{
      {.name = "author", .trip = failures_in_a_row{2}, .open_for = 5s, .time = &clock}};
};

TEST_F(BreakerContext, NormalEndIsOkAndAnExceptionIsAFailureThatPassesOn) {
  EXPECT_EQ(author.context([] { return 5; }), 5);
  author.context([] {});
  int place = 1;
  int& same = author.context([&]() -> int& { return place; });
  EXPECT_EQ(&same, &place);
  EXPECT_EQ(*author.context([] { return std::make_unique<int>(2); }), 2);
  EXPECT_THROW(author.context([] { throw std::runtime_error("no route"); }), std::runtime_error);
  EXPECT_EQ(author.snapshot().successful, 4U);
  EXPECT_EQ(author.snapshot().failed, 1U);
  EXPECT_EQ(author.snapshot().last_error, "no route");
}

TEST_F(BreakerContext, AnErrorInAResultIsAFailure) {
  const auto refused = []() -> result<int> {
    return failure(std::make_error_code(std::errc::connection_refused));
  };
  EXPECT_FALSE(author.context(refused));
  EXPECT_FALSE(author.context(refused));
  EXPECT_EQ(author.state(), circuit_mode::open);
  // Open, the rejection is an error in the same type.
  auto rejected = author.context(refused);
  ASSERT_FALSE(rejected);
  EXPECT_TRUE(rejected.error() == condition::rejected);
  EXPECT_TRUE(author.context([] { return std::error_code(); }) == condition::rejected);
}

TEST_F(BreakerContext, ThrowsWhenOpenWhereTheReturnTypeHoldsNoError) {
  author.force_open();
  bool called = false;
  try {
    author.context([&] { called = true; });
    FAIL();
  } catch (const call_rejected& e) {
    EXPECT_EQ(e.why(), cause::rejected_open);
  }
  EXPECT_FALSE(called);
}

TEST_F(BreakerContext, AnInspectorClassifies) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_THROW(author.context([] { throw std::invalid_argument("mine"); },
                                inspect(ignoring<std::logic_error>)),
                 std::invalid_argument);
  }
  EXPECT_EQ(author.snapshot().ignored, 5U);
  const auto by_status = [](int status) { return status < 500 ? verdict::ok : verdict::failure; };
  EXPECT_EQ(author.context([] { return 500; }, by_status), 500);
  EXPECT_EQ(author.context([] { return 500; }, by_status), 500);
  EXPECT_EQ(author.state(), circuit_mode::open);
}

TEST_F(BreakerContext, WhereTheInspectorThrowsNothingIsLost) {
  author.trip();
  clock.advance(5s);
  EXPECT_THROW(author.context([] { return 1; },
                              [](int) -> verdict { throw std::runtime_error("inspector"); }),
               std::runtime_error);
  EXPECT_EQ(author.snapshot().probes_in_flight, 0U);
}

int twice(int x) {
  if (x < 0) throw std::invalid_argument("negative");
  return 2 * x;
}

TEST(Cutout, IsCalledAsTheFunctionIsAndOwnsItsBreaker) {
  manual_clock clock;
  cutout guarded({.name = "twice", .trip = failures_in_a_row{1}, .time = &clock}, twice);
  EXPECT_EQ(guarded(4), 8);
  EXPECT_EQ(guarded.breaker().name(), "twice");
  const cutout copy = guarded;
  EXPECT_THROW(copy(-1), std::invalid_argument);
  EXPECT_THROW(guarded(1), call_rejected) << "copies share the circuit";
  clock.advance(5s);
  EXPECT_EQ(guarded(1), 2);
}

TEST(Cutout, HandsArgumentsOnAsTheyCame) {
  cutout take({.name = "take"}, [](std::unique_ptr<int> p, int& counter) {
    ++counter;
    return *p;
  });
  int counter = 0;
  EXPECT_EQ(take(std::make_unique<int>(3), counter), 3);
  EXPECT_EQ(counter, 1);
  cutout counting({.name = "counting"}, [n = 0]() mutable { return ++n; });
  counting();
  EXPECT_EQ(counting(), 2);
}

TEST(Cutout, MayInspect) {
  cutout guarded({.name = "twice", .trip = failures_in_a_row{1}}, twice,
                 inspect(ignoring<std::invalid_argument>));
  EXPECT_THROW(guarded(-1), std::invalid_argument);
  EXPECT_EQ(guarded(1), 2);
}

}  // namespace
}  // namespace weir
