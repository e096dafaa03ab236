#include "weir/io/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "weir/base/random.hpp"

namespace weir::io {
namespace {

using namespace std::chrono_literals;

constexpr time_point origin = manual_clock::start;

// A node that remembers when it fired.
struct probe {
  explicit probe(const time_point& clock) : now(clock) {}
  void fire() { fired_at.push_back(now); }
  const time_point& now;
  std::vector<time_point> fired_at;
  timer_wheel::node node{delegate<void()>::to<&probe::fire>(*this)};
};

struct TimerWheel : testing::Test {
  std::size_t advance(time_point to) {
    now = to;
    return wheel.advance(to);
  }
  time_point now = origin;
  timer_wheel wheel{origin};
};

TEST_F(TimerWheel, FiresAtItsMillisecondAndNeverEarly) {
  probe p(now);
  wheel.arm(p.node, origin + 5ms);
  EXPECT_EQ(advance(origin + 5ms - 1ns), 0U);
  EXPECT_EQ(advance(origin + 5ms), 1U);
  EXPECT_FALSE(p.node.armed());
}

TEST_F(TimerWheel, RoundsAPartOfAMillisecondUp) {
  probe p(now);
  wheel.arm(p.node, origin + 5ms + 1ns);
  EXPECT_EQ(advance(origin + 5ms + 999us), 0U);
  EXPECT_EQ(advance(origin + 6ms), 1U);
}

TEST_F(TimerWheel, FiresATimeThatHasPassedAtTheNextAdvance) {
  advance(origin + 100ms);
  probe p(now);
  wheel.arm(p.node, origin + 3ms);
  EXPECT_LE(wheel.next_expiry(), now);
  EXPECT_EQ(advance(now), 1U);
}

TEST_F(TimerWheel, NeverIsNotArmed) {
  probe p(now);
  wheel.arm(p.node, origin + 1ms);
  wheel.arm(p.node, time_point::max());
  EXPECT_FALSE(p.node.armed());
  EXPECT_EQ(wheel.next_expiry(), time_point::max());
}

TEST_F(TimerWheel, RearmingReplacesTheEarlierTime) {
  probe p(now);
  wheel.arm(p.node, origin + 5ms);
  wheel.arm(p.node, origin + 50ms);
  EXPECT_EQ(advance(origin + 49ms), 0U);
  EXPECT_EQ(advance(origin + 50ms), 1U);
}

TEST_F(TimerWheel, ForgetsANodeThatIsDestroyed) {
  auto p = std::make_unique<probe>(now);
  wheel.arm(p->node, origin + 5ms);
  p.reset();
  EXPECT_EQ(advance(origin + 1s), 0U);
  EXPECT_EQ(wheel.next_expiry(), time_point::max());
}

TEST_F(TimerWheel, AHandlerMayDestroyAnotherNodeThatIsDueWithIt) {
  auto victim = std::make_unique<probe>(now);
  struct killer {
    std::unique_ptr<probe>& target;
    void fire() { target.reset(); }
    timer_wheel::node node{delegate<void()>::to<&killer::fire>(*this)};
  } k{victim};
  wheel.arm(k.node, origin + 5ms);
  wheel.arm(victim->node, origin + 5ms);
  EXPECT_EQ(advance(origin + 5ms), 1U);
  EXPECT_EQ(victim, nullptr);
}

TEST_F(TimerWheel, AHandlerThatRearmsItselfForNowFiresOnceForEachAdvance) {
  struct again {
    timer_wheel& wheel;
    int times = 0;
    void fire() {
      ++times;
      wheel.arm(node, origin);
    }
    timer_wheel::node node{delegate<void()>::to<&again::fire>(*this)};
  } a{wheel};
  wheel.arm(a.node, origin);
  advance(origin + 1ms);
  advance(origin + 1ms);
  EXPECT_EQ(a.times, 2);
}

TEST_F(TimerWheel, ReachesAcrossCenturies) {
  probe p(now);
  const time_point far = time_point::max() - 1ms;
  wheel.arm(p.node, far);
  int steps = 0;
  while (p.node.armed() && ++steps < 100) {
    const time_point next = wheel.next_expiry();
    ASSERT_GT(next, now);
    advance(next);
  }
  ASSERT_EQ(p.fired_at.size(), 1U);
  EXPECT_GE(p.fired_at.front(), far);
  EXPECT_LE(steps, 9);
}

// Against a sorted multimap, with random arms, disarms and steps of all sizes; and the waits that
// next_expiry() proposes never pass a node's time by.
TEST(TimerWheelModel, AgreesWithASortedListInRandomRuns) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    seeded_random random(seed);
    time_point now = origin;
    timer_wheel wheel(origin);
    std::vector<std::unique_ptr<probe>> probes;
    for (int i = 0; i < 200; ++i) probes.push_back(std::make_unique<probe>(now));
    std::map<probe*, std::uint64_t> model;  // tick at which each should fire
    const auto tick_of = [](time_point t) {
      return static_cast<std::uint64_t>(std::max<std::int64_t>(
          0, std::chrono::ceil<std::chrono::milliseconds>(t - origin).count()));
    };
    for (int step = 0; step < 2000; ++step) {
      probe& p = *probes[random.below(probes.size())];
      const std::uint64_t what = random.below(10);
      if (what < 5) {
        const auto reach = std::uint64_t{1} << random.below(42);
        const time_point at = now + std::chrono::microseconds(random.below(reach)) - 2ms;
        wheel.arm(p.node, at);
        model[&p] = tick_of(at);
      } else if (what < 6) {
        timer_wheel::disarm(p.node);
        model.erase(&p);
      } else {
        const time_point proposed = wheel.next_expiry();
        std::uint64_t earliest = std::uint64_t(-1);
        for (const auto& [_, tick] : model) earliest = std::min(earliest, tick);
        if (model.empty())
          ASSERT_EQ(proposed, time_point::max());
        else
          ASSERT_LE(proposed, std::max(now, origin + std::chrono::milliseconds(earliest)));
        now += what < 9 || proposed == time_point::max()
                   ? duration(std::chrono::microseconds(
                         random.below(std::uint64_t{1} << random.below(36))))
                   : std::max<duration>(proposed - now, duration::zero());
        const auto tick_now = static_cast<std::uint64_t>(
            std::chrono::floor<std::chrono::milliseconds>(now - origin).count());
        for (const auto& q : probes) q->fired_at.clear();
        wheel.advance(now);
        for (const auto& q : probes) {
          const auto expected = model.find(q.get());
          const bool due = expected != model.end() && expected->second <= tick_now;
          ASSERT_EQ(q->fired_at.size(), due ? 1U : 0U) << "seed " << seed << " step " << step;
          if (due) model.erase(expected);
        }
      }
    }
  }
}

TEST_F(TimerWheel, FiresInTheOrderOfTheirMilliseconds) {
  std::vector<int> order;
  struct numbered {
    std::vector<int>& to;
    int number;
    void fire() { to.push_back(number); }
    timer_wheel::node node{delegate<void()>::to<&numbered::fire>(*this)};
  };
  std::vector<std::unique_ptr<numbered>> all;
  for (int i = 300; i > 0; --i) {
    all.push_back(std::unique_ptr<numbered>(new numbered{order, i}));
    wheel.arm(all.back()->node, origin + std::chrono::milliseconds(i));
  }
  advance(origin + 1s);
  ASSERT_EQ(order.size(), 300U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

}  // namespace
}  // namespace weir::io
