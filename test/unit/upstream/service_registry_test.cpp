#include <gtest/gtest.h>

#include <chrono>

#include "unit/upstream/start.hpp"
#include "weir/upstream/service.hpp"

namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

service_settings settings(std::string name, std::optional<duration> open = 5s) {
  service_settings s;
  s.name = std::move(name);
  if (open) {
    s.breaker.emplace();
    s.breaker->name = s.name;
    s.breaker->open_for = *open;
  }
  return s;
}

using test::start;

TEST(ServiceRegistry, KeepsACircuitThatIsOpenAcrossConfigurations) {
  service_registry r;
  const auto before = r.prepare(settings("a"));
  r.commit({before});
  before->circuit()->force_open(start);
  const auto after = r.prepare(settings("a", 9s));
  r.commit({after});
  EXPECT_EQ(after->circuit()->state(start), circuit_mode::forced_open);
  EXPECT_EQ(after->circuit()->options().open_for.first(), 9s) << "with its new options";
}

TEST(ServiceRegistry, ChangesNothingForAConfigurationThatIsRefused) {
  service_registry r;
  const auto running = r.prepare(settings("a", 5s));
  r.commit({running});
  const auto refused = r.prepare(settings("a", 9s));
  EXPECT_EQ(running->circuit()->options().open_for.first(), 5s);
  const auto accepted = r.prepare(settings("a", 5s));
  r.commit({accepted});
  EXPECT_EQ(running->circuit()->options().open_for.first(), 5s);
}

TEST(ServiceRegistry, ForgetsTheCircuitOfAServiceThatIsGone) {
  service_registry r;
  const auto a = r.prepare(settings("a"));
  r.commit({a});
  a->circuit()->force_open(start);
  r.commit({r.prepare(settings("b"))});
  const auto again = r.prepare(settings("a"));
  r.commit({again});
  EXPECT_EQ(again->circuit()->state(start), circuit_mode::closed);
}

TEST(ServiceRegistry, ForgetsTheCircuitThatWasSwitchedOff) {
  service_registry r;
  const auto on = r.prepare(settings("a"));
  r.commit({on});
  const auto off = r.prepare(settings("a", std::nullopt));
  r.commit({off});
  EXPECT_FALSE(off->circuit());
  EXPECT_TRUE(on->circuit()) << "calls in flight keep it";
}

TEST(ServiceRegistry, GivesANameTheSameIndexForEver) {
  service_registry r;
  const auto a = r.prepare(settings("a"));
  const auto b = r.prepare(settings("b"));
  r.commit({a, b});
  EXPECT_NE(a->index(), b->index());
  r.commit({r.prepare(settings("b"))});
  EXPECT_EQ(r.prepare(settings("a"))->index(), a->index());
  EXPECT_EQ(r.prepare(settings("b"))->index(), b->index());
  EXPECT_EQ(r.indexes(), 2u);
}

TEST(ServiceRegistry, TellsOfEachCircuitOnceAndOnlyWhenItComesIntoUse) {
  std::vector<std::string> told;
  service_registry r(
      [&](const circuit_breaker& c, const service_settings&) { told.push_back(c.name()); });
  const auto a = r.prepare(settings("a"));
  EXPECT_TRUE(told.empty());
  r.commit({a});
  r.commit({r.prepare(settings("a")), r.prepare(settings("b"))});
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b"}));
}

TEST(ServiceRegistry, KeepsABudgetUnlessItsTermsChange) {
  service_registry r;
  service_settings s = settings("a");
  const auto before = r.prepare(s);
  r.commit({before});
  const auto same = r.prepare(s);
  EXPECT_EQ(same->budget(), before->budget());
  s.budget.ratio = 0.5;
  EXPECT_FALSE(r.prepare(s)->budget() == before->budget());
}

service_settings caching(std::string authority, std::size_t bytes = 1000) {
  service_settings s = settings("a");
  s.authority = std::move(authority);
  s.cache_bytes = bytes;
  return s;
}

TEST(ServiceRegistry, KeepsTheAnswersOfTheSamePlaceAcrossConfigurations) {
  service_registry r;
  const auto before = r.prepare(caching("one:80"));
  r.commit({before});
  ASSERT_NE(before->answers(), nullptr);
  const auto after = r.prepare(caching("one:80"));
  EXPECT_EQ(after->answers(), before->answers());
  EXPECT_NE(r.prepare(caching("one:80", 2000))->answers(), before->answers())
      << "another capacity begins anew";
  EXPECT_NE(r.prepare(caching("two:80"))->answers(), before->answers());
}

TEST(ServiceRegistry, HasNoAnswersWhereNobodyKeepsAny) {
  service_registry r;
  EXPECT_EQ(r.prepare(caching("one:80", 0))->answers(), nullptr);
}

}  // namespace
}  // namespace weir::upstream
