#include "weir/resilience/face/fallback.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "weir/resilience.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

std::string broken() {
  throw std::runtime_error("broken");
}

circuit_breaker refusing() {
  circuit_breaker b{{.name = "refusing"}};
  b.force_open();
  return b;
}

TEST(Fallback, GivesItsValueOnAFailureAndOnARejection) {
  const pipeline failing(fallback(std::string("cold")));
  EXPECT_EQ(*failing.run(broken), "cold");
  EXPECT_EQ(*failing.run([] { return std::string("hot"); }), "hot");
  const pipeline rejected(fallback("cold"), refusing());
  run_report report;
  EXPECT_EQ(*rejected.run([] { return std::string("hot"); }, {.report = &report}), "cold");
  EXPECT_TRUE(report.from_fallback);
  EXPECT_EQ(report.why, cause::rejected_open);
  EXPECT_EQ(report.attempts, 0U);
}

TEST(Fallback, FunctionMayAskWhy) {
  const pipeline p(fallback([](const outcome& why) { return std::string(to_string(why.why)); }),
                   refusing());
  EXPECT_EQ(*p.run(broken), "rejected_open");
  const pipeline q(fallback([] { return std::string("nothing asked"); }));
  EXPECT_EQ(*q.run(broken), "nothing asked");
}

TEST(Fallback, ChainGivesTheFirstThatHasSomething) {
  int asked = 0;
  const pipeline p(fallback(
      [&]() -> result<std::string> {
        ++asked;
        return failure(std::make_error_code(std::errc::no_such_file_or_directory));
      },
      [&]() -> std::string {
        ++asked;
        throw std::runtime_error("also broken");
      },
      "the last"));
  EXPECT_EQ(*p.run(broken), "the last");
  EXPECT_EQ(asked, 2);
}

TEST(Fallback, WithNothingToGiveLeavesTheCallsOwnFailure) {
  const pipeline p(fallback([]() -> std::string { throw 1; }));
  auto got = p.run(broken);
  ASSERT_FALSE(got);
  EXPECT_THROW(got.error().raise(), std::runtime_error);
}

TEST(Fallback, InsideAnotherThatHasNothingAsksTheOuterOne) {
  const pipeline p(fallback("outer"), fallback([]() -> std::string { throw 1; }));
  EXPECT_EQ(*p.run(broken), "outer");
}

TEST(Fallback, MayBeForSomeOutcomesOnly) {
  const auto rejected = [](const outcome& o) { return is_rejection(o.why); };
  const pipeline p(fallback("cold").when(rejected));
  EXPECT_FALSE(p.run(broken));
  const pipeline q(fallback("cold").when(rejected), refusing());
  EXPECT_EQ(*q.run(broken), "cold");
}

TEST(Fallback, OfAWrongTypeIsSaidAtEveryCall) {
  const pipeline p(fallback("text"));
  EXPECT_THROW(static_cast<void>(p.run([] { return 1; })), std::invalid_argument);
  const pipeline q(fallback([] { return std::string(); }));
  EXPECT_THROW(static_cast<void>(q.run([] { return 1; })), std::invalid_argument);
}

TEST(Fallback, NumbersAndOptionalsConvert) {
  EXPECT_EQ(*pipeline(fallback(0)).run([]() -> double { throw 1; }), 0.0);
  EXPECT_EQ(*pipeline(fallback([] { return 2; })).run([]() -> std::int64_t { throw 1; }), 2);
  const auto optional =
      pipeline(fallback("x")).run([]() -> std::optional<std::string> { throw 1; });
  EXPECT_EQ(**optional, "x");
}

TEST(Fallback, OfACallWithoutValueIsAFunctionWithoutValue) {
  int asked = 0;
  const pipeline p(fallback([&] { ++asked; }));
  EXPECT_TRUE(p.run([] { throw 1; }));
  EXPECT_EQ(asked, 1);
}

TEST(Fallback, SeesNoFailureWhereThePointHasNoValue) {
  // The bare point is for drivers that bring the value themselves: run() has none to bring.
  auto got = pipeline(fallback_point()).run(broken);
  EXPECT_FALSE(got);
}

}  // namespace
}  // namespace weir
