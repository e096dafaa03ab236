#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "compile_support.hpp"

namespace weir::gateway {
namespace {

using namespace std::chrono_literals;

struct breaker_case {
  const char* yaml;
  trip_rule rule;
};
class Breakers : public testing::TestWithParam<breaker_case> {};

TEST_P(Breakers, MeanTheSameInYamlAndInTheLibrary) {
  const compiled c(
      std::string("services: {a: {url: 'http://127.0.0.1:8000', timeout: 1s, breaker: {trip: ") +
      GetParam().yaml + "}}}\nroutes: {GET /: {proxy: a}}");
  ASSERT_EQ(c.made->services[0]->settings().breaker->trip.all().size(), 1u);
  EXPECT_EQ(c.made->services[0]->settings().breaker->trip.all()[0], GetParam().rule);
}

INSTANTIATE_TEST_SUITE_P(
    Trips, Breakers,
    testing::Values(breaker_case{"{in_a_row: 3}", failures_in_a_row{3}},
                    breaker_case{"{failures: 5, within: 10s}", failures_within{5, 10s}},
                    breaker_case{"{ratio: 20%, within: 20s, min_calls: 7}",
                                 failure_ratio{0.2, 20s, 7}},
                    breaker_case{"{ratio: 50%, within: 20s}", failure_ratio{0.5, 20s, 10}},
                    breaker_case{"{slow: 80%, slower_than: 500ms, within: 10s, min_calls: 20}",
                                 slow_ratio{0.8, 500ms, 10s, 20}}));

circuit_options breaker(const std::string& yaml) {
  const compiled c("services: {a: {url: 'http://127.0.0.1:8000', timeout: 1s, breaker: " + yaml +
                   "}}\nroutes: {GET /: {proxy: a}}");
  return *c.made->services[0]->settings().breaker;
}

TEST(BreakerOptions, AreFitForUseWithoutAWord) {
  const circuit_options o = breaker("{}");
  EXPECT_EQ(o.trip.all()[0], trip_rule(failures_in_a_row{5}));
  EXPECT_EQ(o.open_for.first(), 5s);
  EXPECT_EQ(o.half_open.permits, 1u);
}

TEST(BreakerOptions, TakeAGrowingOpenTimeAndProbes) {
  const circuit_options o = breaker("{open: 1s..60s, probe: {calls: 3, close_after: 2}}");
  EXPECT_EQ(o.open_for.first(), 1s);
  EXPECT_EQ(o.open_for.longest(), 60s);
  EXPECT_EQ(o.half_open.permits, 3u);
  EXPECT_EQ(o.half_open.successes, 2u);
  EXPECT_EQ(breaker("{probe: {calls: 3}}").half_open.successes_needed(), 3u);
}

TEST(BreakerOptions, BeginWithAProfileThatOtherKeysReplace) {
  const circuit_options o = breaker("{profile: fabfuel, open: 7s}");
  EXPECT_EQ(o.half_open.permits, everyone);
  EXPECT_EQ(o.open_for.first(), 7s);
  EXPECT_EQ(breaker("{profile: pybreaker}").open_for.first(), 60s);
  EXPECT_EQ(breaker("{profile: book}").reopens, reopening::exclusive);
}

}  // namespace
}  // namespace weir::gateway
