#include "weir/resilience/circuit_breaker/registry.hpp"

#include <gtest/gtest.h>

#include "unit/resilience/circuit_breaker/trace.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::play;

circuit_options named(std::string name, std::uint32_t failures = 1) {
  return {.name = std::move(name), .trip = failures_in_a_row{failures}, .open_for = 5s};
}

TEST(CircuitRegistry, CountsFourClosedAndOneOpen) {
  circuit_registry registry;
  for (const char* name : {"a", "b", "c", "d", "e"}) registry.get(named(name));
  play(*registry.find("c"), "F@0");
  EXPECT_EQ(registry.count(circuit_mode::closed, at(0)), 4U);
  EXPECT_EQ(registry.count(circuit_mode::open, at(0)), 1U);
  EXPECT_EQ(registry.count(circuit_mode::half_open, at(5)), 1U);
}

TEST(CircuitRegistry, GivesTheSameCircuitForTheSameName) {
  circuit_registry registry;
  const auto first = registry.get(named("a"));
  play(first, "F@0 open");
  const auto second = registry.get(named("a", 3));
  EXPECT_EQ(first, second);
  play(second, "R@1 open S@5 F@6 F@6 closed F@6 open");
  EXPECT_EQ(registry.size(), 1U);
  EXPECT_FALSE(registry.find("b"));
}

TEST(CircuitRegistry, LetsGoOfWhatIsConfiguredNoMore) {
  circuit_registry registry;
  const auto a = registry.get(named("a"));
  registry.get(named("b"));
  registry.keep_only([](const std::string& name) { return name == "b"; });
  EXPECT_FALSE(registry.find("a"));
  EXPECT_TRUE(registry.find("b"));
  play(a, "S@0 F@0 open");
  EXPECT_TRUE(registry.remove("b"));
  EXPECT_FALSE(registry.remove("b"));
}

TEST(CircuitRegistry, ShowsEachBreakerToItsWatchersOnce) {
  circuit_registry registry;
  registry.get(named("a"));
  std::string seen;
  registry.on_breaker([&](const circuit_breaker& b) { seen += b.name(); });
  registry.get(named("b"));
  registry.get(named("b"));
  EXPECT_EQ(seen, "ab");
}

}  // namespace
}  // namespace weir
