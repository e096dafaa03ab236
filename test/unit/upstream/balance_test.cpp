#include "weir/upstream/balance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "unit/upstream/start.hpp"

namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

using test::start;

// What a worker would know, set by hand.
class loads_by_hand final : public lane_loads {
 public:
  const lane_load* load_of(std::uint32_t slot) const noexcept override {
    const auto found = of.find(slot);
    return found == of.end() ? nullptr : &found->second;
  }
  std::uint32_t in_flight() const noexcept override {
    std::uint32_t sum = 0;
    for (const auto& [slot, load] : of) sum += load.in_flight;
    return sum;
  }
  std::map<std::uint32_t, lane_load> of;
};

std::vector<candidate> instances(std::size_t n, std::vector<std::uint32_t> weights = {}) {
  std::vector<candidate> out;
  for (std::size_t i = 0; i < n; ++i) {
    instance_spec spec;
    spec.host = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    spec.weight = i < weights.size() ? weights[i] : 1;
    out.push_back({std::make_shared<instance>(spec, static_cast<std::uint32_t>(i), std::nullopt),
                   spec.weight, time_point::min()});
  }
  return out;
}

struct table {
  table(balance how, std::vector<candidate> from, duration slow_start = 0s)
      : made(how, std::move(from), slow_start) {}
  std::size_t pick(std::uint64_t key = 0, std::span<const instance* const> tried = {}) {
    return choose({made, loads, random, now, cursor, key, tried});
  }
  std::vector<std::size_t> picks(std::size_t n) {
    std::vector<std::size_t> counts(made.size());
    for (std::size_t k = 0; k < n; ++k) ++counts[pick(hash_key(std::to_string(k)))];
    return counts;
  }

  picking_table made;
  loads_by_hand loads;
  seeded_random random{7};
  std::atomic<std::uint64_t> cursor{0};
  time_point now = start;
};

TEST(RoundRobin, IsEvenToTheCallOverEveryWindow) {
  for (const std::size_t n : {1u, 2u, 3u, 7u, 100u}) {
    table t(balance::round_robin, instances(n));
    for (int k = 0; k < 13; ++k) t.pick();  // the window may begin anywhere
    for (const std::size_t c : t.picks(n * 5)) EXPECT_EQ(c, 5u);
  }
}

TEST(RoundRobin, KeepsWeightsExactlyInEachCycleAndSpreadsThem) {
  table t(balance::round_robin, instances(3, {5, 1, 1}));
  std::vector<std::size_t> order;
  for (int k = 0; k < 7; ++k) order.push_back(t.pick());
  EXPECT_EQ(std::count(order.begin(), order.end(), 0u), 5);
  EXPECT_EQ(std::count(order.begin(), order.end(), 1u), 1);
  EXPECT_EQ(std::count(order.begin(), order.end(), 2u), 1);
  for (std::size_t k = 0; k + 3 < order.size(); ++k) {
    EXPECT_FALSE(order[k] == order[k + 1] && order[k] == order[k + 2] && order[k] == order[k + 3])
        << "four in a row for a weight of 5 in 7";
  }
}

TEST(RoundRobin, LeavesNobodyOutWhereWeightsAreFarApart) {
  std::vector<std::uint32_t> weights(50, 65535);
  weights[7] = 1;
  const picking_table t(balance::round_robin, instances(50, weights), 0s);
  std::set<std::size_t> met;
  for (std::uint64_t k = 0; k < 100'000; ++k) met.insert(t.turn(k));
  EXPECT_EQ(met.size(), 50u);
}

TEST(Weighted, DrawsInProportionToTheWeights) {
  table t(balance::weighted, instances(4, {1, 2, 3, 4}));
  const auto counts = t.picks(100'000);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(static_cast<double>(counts[i]), 10'000.0 * static_cast<double>(i + 1), 500);
  }
}

TEST(LeastRequests, TakesTheLessBusyOfTheTwoDrawn) {
  table t(balance::least_requests, instances(2));
  t.loads.of[0].in_flight = 3;
  for (int k = 0; k < 50; ++k) EXPECT_EQ(t.pick(), 1u);
}

TEST(LeastRequests, KeepsTheMostLoadedCloseToTheMean) {
  table t(balance::least_requests, instances(100));
  // 1000 calls that never end: two choices leave the fullest a few above the mean (10).
  for (int k = 0; k < 1000; ++k) ++t.loads.of[static_cast<std::uint32_t>(t.pick())].in_flight;
  std::uint32_t most = 0;
  for (const auto& [slot, load] : t.loads.of) most = std::max(most, load.in_flight);
  EXPECT_LE(most, 14u);
}

TEST(LeastRequests, CountsCallsForEachWeight) {
  table t(balance::least_requests, instances(2, {1, 3}));
  t.loads.of[0].in_flight = 1;
  t.loads.of[1].in_flight = 3;
  int heavy = 0;
  for (int k = 0; k < 100; ++k) heavy += t.pick() == 1 ? 1 : 0;
  EXPECT_EQ(heavy, 100) << "4 calls on a weight of 3 are fewer than 2 on a weight of 1";
}

TEST(PeakEwma, AvoidsTheSlowOne) {
  table t(balance::peak_ewma, instances(6));
  for (std::uint32_t i = 0; i < 6; ++i) t.loads.of[i].observe(i == 2 ? 100ms : 10ms, start);
  EXPECT_EQ(t.picks(1000)[2], 0u);
}

TEST(PeakEwma, FollowsAPeakAtOnceAndForgetsItSlowly) {
  lane_load load;
  load.observe(10ms, start);
  load.observe(500ms, start + 1ms);
  EXPECT_GT(load.cost(start + 2ms), 490e6);
  load.observe(10ms, start + 1s);
  EXPECT_GT(load.cost(start + 1s), 400e6);
  EXPECT_LT(load.cost(start + 60s), 10e6);
}

TEST(PeakEwma, TriesTheUnknownButDoesNotFloodIt) {
  table t(balance::peak_ewma, instances(2));
  t.loads.of[0].observe(10ms, start);
  EXPECT_EQ(t.pick(), 1u);
  t.loads.of[1].in_flight = 1;
  EXPECT_EQ(t.pick(), 0u) << "its first answer is still out";
}

TEST(Maglev, GivesAKeyTheSameInstance) {
  table a(balance::maglev, instances(10));
  table b(balance::maglev, instances(10));
  for (int k = 0; k < 1000; ++k) {
    const std::uint64_t key = hash_key("key " + std::to_string(k));
    EXPECT_EQ(a.pick(key), b.pick(key));
  }
}

TEST(Maglev, SpreadsKeysEvenlyAndByWeight) {
  for (const std::size_t n : {3u, 50u, 1000u}) {
    const picking_table t(balance::maglev, instances(n), 0s);
    std::vector<double> places(n);
    for (std::uint64_t p = 0; p < t.places(); ++p) ++places[t.of_key(p)];
    const double even = static_cast<double>(t.places()) / static_cast<double>(n);
    for (const double of : places) EXPECT_NEAR(of / even, 1.0, 0.03);
  }
  const picking_table t(balance::maglev, instances(2, {1, 3}), 0s);
  double heavy = 0;
  for (std::uint64_t p = 0; p < t.places(); ++p) heavy += t.of_key(p) == 1 ? 1 : 0;
  EXPECT_NEAR(heavy / static_cast<double>(t.places()), 0.75, 0.02);
}

TEST(Maglev, MovesFewKeysWhenOneInstanceGoes) {
  auto all = instances(20);
  table before(balance::maglev, all);
  auto fewer = all;
  fewer.erase(fewer.begin() + 5);
  table after(balance::maglev, fewer);
  int moved = 0;
  constexpr int keys = 10'000;
  for (int k = 0; k < keys; ++k) {
    const std::uint64_t key = hash_key(std::to_string(k));
    const auto& was = before.made.candidates()[before.pick(key)].who;
    const auto& is = after.made.candidates()[after.pick(key)].who;
    if (was != all[5].who && was != is) ++moved;
  }
  // Those of the gone one (a twentieth) must move; of the others hardly any.
  EXPECT_LT(moved, keys * 4 / 100);
}

TEST(Maglev, HoldsEveryLoadWithinItsBound) {
  table t(balance::maglev, instances(10));
  const std::uint64_t hot = hash_key("everybody wants this");
  for (int k = 1; k <= 1000; ++k) {
    ++t.loads.of[static_cast<std::uint32_t>(t.pick(hot))].in_flight;
    for (const auto& [slot, load] : t.loads.of) {
      EXPECT_LE(load.in_flight, std::ceil(1.25 * k / 10)) << "after " << k << " calls";
    }
  }
}

TEST(Choice, GoesToAnotherWhileThereIsOne) {
  for (const balance how : {balance::least_requests, balance::round_robin, balance::weighted,
                            balance::peak_ewma, balance::maglev}) {
    table t(how, instances(4, {4, 1, 1, 1}));
    std::vector<const instance*> tried;
    for (int k = 0; k < 4; ++k) {
      const std::size_t i = t.pick(9, tried);
      ASSERT_NE(i, no_candidate) << to_string(how);
      const instance* const who = t.made.candidates()[i].who.get();
      EXPECT_EQ(std::count(tried.begin(), tried.end(), who), 0) << to_string(how);
      tried.push_back(who);
    }
    EXPECT_EQ(t.pick(9, tried), no_candidate) << to_string(how);
  }
}

TEST(SlowStart, GrowsTheShareOfANewInstance) {
  auto all = instances(2);
  all[1].ramp_from = start;
  table t(balance::weighted, all, 10s);
  const auto share = [&](duration at) {
    t.now = start + at;
    return static_cast<double>(t.picks(20'000)[1]) / 20'000;
  };
  EXPECT_LT(share(0s), 0.05);
  const double half = share(5s);
  EXPECT_GT(half, 0.2);
  EXPECT_LT(half, 0.4);
  EXPECT_NEAR(share(10s), 0.5, 0.02);
}

TEST(Choice, OfAnEmptyListIsNone) {
  table t(balance::least_requests, {});
  EXPECT_EQ(t.pick(), no_candidate);
}

}  // namespace
}  // namespace weir::upstream
