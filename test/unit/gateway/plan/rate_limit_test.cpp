#include "weir/gateway/plan/rate_limit.hpp"

#include <gtest/gtest.h>

#include "weir/gateway/config/load.hpp"
#include "weir/gateway/plan/compile.hpp"

namespace weir::gateway {
namespace {

using namespace std::chrono_literals;

rate_limit_options some(bursty allow, counted_by by = counted_by::everyone) {
  return {.name = "route GET /",
          .allow = {.name = "route GET /", .allow = allow},
          .by = by,
          .header = by == counted_by::header ? "x-key" : ""};
}

TEST(RateLimit, IsToldInWords) {
  EXPECT_EQ(rate_limit(some({.calls = 100, .within = 1s})).text(), "100 in 1s");
  EXPECT_EQ(rate_limit(some({.calls = 600, .within = 60s, .burst = 20}, counted_by::client)).text(),
            "600 in 1m, 20 at once, for each client");
  rate_limit_options waits = some({.calls = 5, .within = 1s}, counted_by::header);
  waits.shared = true;
  EXPECT_EQ(rate_limit(waits).text(), "5 in 1s, for each value of the header x-key, shared");
}

TEST(RateLimit, TellsClientsOfWholeSeconds) {
  const auto told = [](bursty allow) { return rate_limit(some(allow)).policy_lines(); };
  const std::string left = "\r\nRateLimit: \"everyone\";r=";
  EXPECT_EQ(told({.calls = 100, .within = 60s}),
            "RateLimit-Policy: \"everyone\";q=100;w=60" + left);
  EXPECT_EQ(told({.calls = 20, .within = 500ms}), "RateLimit-Policy: \"everyone\";q=40;w=1" + left);
  EXPECT_EQ(told({.calls = 3, .within = 1500ms}), "RateLimit-Policy: \"everyone\";q=4;w=2" + left);
}

TEST(RateLimit, CountsAllTogetherOrEachByItself) {
  const time_point t0{1000h};
  const rate_limit all(some({.calls = 1, .within = 1s}));
  EXPECT_TRUE(all.ask("ann", t0).admitted);
  const auto refused = all.ask("bob", t0);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.retry_after, 1s);
  EXPECT_EQ(refused.full_in, 1s);
  const rate_limit each(some({.calls = 1, .within = 1s}, counted_by::client));
  EXPECT_TRUE(each.ask("ann", t0).admitted);
  EXPECT_TRUE(each.ask("bob", t0).admitted);
  EXPECT_FALSE(each.ask("bob", t0).admitted);
  EXPECT_EQ(each.look(t0).keys, 2U);
  EXPECT_EQ(each.look(t0).admitted, 2U);
  EXPECT_EQ(all.look(t0).rejected, 1U);
}

TEST(RateLimits, HandOnWhatDidNotChangeAndLeaveNothingOfWhatWasRefused) {
  rate_limits known;
  const rate_limit_options options = some({.calls = 1, .within = 1s});
  const auto first = known.of(options);
  EXPECT_EQ(known.of(options), first);
  rate_limit_options other = options;
  other.by = counted_by::client;
  EXPECT_NE(known.of(other), first);
  EXPECT_EQ(known.of(options), first) << "the other configuration was not taken";
  other = options;
  other.name = "route GET /else";
  EXPECT_NE(known.of(other), first);
}

struct with_rates {
  explicit with_rates(const std::string& text)
      : loaded(config::load_text("f.yaml", text, [](std::string_view) { return std::nullopt; })),
        made(loaded.ok() ? compile(loaded.what, services, loaded.found, &known) : nullptr) {}
  config::loaded loaded;
  upstream::service_registry services;
  rate_limits known;
  std::shared_ptr<plan> made;
};

const bursty& bucket(const std::shared_ptr<const rate_limit>& r) {
  return std::get<bursty>(r->options().allow.allow);
}

TEST(CompileRate, EachRouteAndEachServiceHasOne) {
  const with_rates c(
      "services:\n  a: {url: 'http://127.0.0.1:1', rate_limit: {rate: 5/s, longest_wait: 1s}}\n"
      "  b: {url: 'http://127.0.0.1:2', rate_limit: {rate: 5/s, by: header X-Y}}\n"
      "routes:\n  GET /a: {proxy: a}\n  GET /b: {rate_limit: {rate: 3/m}, proxy: b}\n"
      "  GET /c: {rate_limit: {rate: 3/m}, proxy: a}\n");
  ASSERT_TRUE(c.made);
  const auto& routes = c.made->routes;
  EXPECT_EQ(routes[0].rate, nullptr);
  EXPECT_NE(routes[1].rate, routes[2].rate);
  EXPECT_EQ(routes[0].proxy->call.rate, routes[2].proxy->call.rate);
  EXPECT_EQ(routes[0].proxy->call.rate->options().allow.longest_wait, 1s);
  EXPECT_EQ(routes[1].proxy->call.rate->options().header, "x-y");
  EXPECT_TRUE(routes[1].proxy->call.rate->for_each());
  EXPECT_EQ(c.made->rates.size(), 4U);
}

TEST(CompileRate, RatesOfAnySizeFit) {
  const with_rates c(
      "routes:\n  GET /a: {rate_limit: {rate: 80000000000/24h}, reply: 1}\n"
      "  GET /b: {rate_limit: {rate: 80000000000/24h, burst: 7}, reply: 1}\n"
      "  GET /c: {rate_limit: {rate: 5000000/10s}, reply: 1}\n"
      "  GET /d: {rate_limit: {rate: 1/24h, burst: 365}, reply: 1}\n");
  ASSERT_TRUE(c.made);
  EXPECT_EQ(bucket(c.made->routes[0].rate).calls, 80'000'000U);
  EXPECT_EQ(bucket(c.made->routes[0].rate).within, 86400ms);
  EXPECT_EQ(bucket(c.made->routes[0].rate).burst, 1'000'000U);
  EXPECT_EQ(bucket(c.made->routes[1].rate).burst, 7U);
  EXPECT_EQ(bucket(c.made->routes[2].rate).burst, 1'000'000U);
  EXPECT_EQ(bucket(c.made->routes[3].rate).burst, 365U);
}

TEST(CompileRate, OneThatWouldFillUpForYearsIsRefused) {
  const with_rates c("routes: {GET /a: {rate_limit: {rate: 1/24h, burst: 1000000}, reply: 1}}");
  EXPECT_FALSE(c.made);
  EXPECT_TRUE(c.loaded.found.has_errors());
}

}  // namespace
}  // namespace weir::gateway
