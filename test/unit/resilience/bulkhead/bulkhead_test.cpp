#include "weir/resilience/bulkhead/bulkhead.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "unit/resilience/pipeline/driver.hpp"
#include "weir/resilience/bulkhead/state.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::driver;
using test::good;
using test::hangs;

TEST(Bulkhead, HoldsSoManyAndRejectsTheNext) {
  const bulkhead b({.calls = 2});
  auto one = b.try_acquire();
  auto two = b.try_acquire();
  ASSERT_TRUE(one && two);
  const auto three = b.try_acquire();
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().why, cause::rejected_limit);
  one->release();
  one->release();
  EXPECT_TRUE(b.try_acquire());
  EXPECT_EQ(b.look().in_use, 1U);
}

TEST(Bulkhead, InAPipelineRejectsWhenThereIsNoQueue) {
  const bulkhead b({.calls = 1});
  const pipeline p{b};
  driver first(p, {hangs()});
  first.run(10ms);
  driver second(p, {good()});
  second.run();
  EXPECT_EQ(second.story(), "0 finish rejected_limit");
  first.cancel();
  EXPECT_EQ(b.look().in_use, 0U);
}

TEST(Bulkhead, WakesTheOneThatWaitsLongest) {
  const bulkhead b({.calls = 1, .queue = 2, .longest_wait = 1s});
  const pipeline p{b};
  int woken = 0;
  auto count = [&] { ++woken; };
  const call_facts facts{.wake = delegate<void()>::ref(count)};
  driver first(p, {good(100ms)}, facts), second(p, {good(10ms)}, facts), third(p, {good()}, facts);
  driver fourth(p, {good()}, facts);
  first.run(50ms);
  second.run(50ms);
  third.run(50ms);
  fourth.run(50ms);
  EXPECT_EQ(fourth.story(), "0 finish rejected_limit") << "the queue is full";
  EXPECT_EQ(b.look().waiting, 2U);
  first.run();
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(b.try_acquire()) << "the place is the second's, though it has not come for it";
  second.wake();
  second.run();
  EXPECT_EQ(second.story(), "50 start#1, 60 finish ok");
  EXPECT_EQ(woken, 2);
  third.wake();
  third.run();
  EXPECT_EQ(third.story(), "50 start#1, 50 finish ok");
  EXPECT_EQ(b.look().in_use, 0U);
}

TEST(Bulkhead, RejectsWhoWaitedTooLong) {
  const bulkhead b({.calls = 1, .queue = 1, .longest_wait = 30ms});
  const pipeline p{b};
  const auto place = b.try_acquire();
  auto nothing = [] {};
  driver d(p, {good()}, {.wake = delegate<void()>::ref(nothing)});
  d.run();
  EXPECT_EQ(d.story(), "30 finish rejected_limit");
  EXPECT_EQ(b.look().waiting, 0U);
}

TEST(Bulkhead, LooksAgainByItselfWhereNobodyWakesIt) {
  const bulkhead b({.calls = 1, .queue = 1, .longest_wait = 1s});
  const pipeline p{b};
  driver first(p, {good(100ms)}), second(p, {good()});
  first.run(50ms);
  second.run(50ms);
  first.run();
  second.run();
  EXPECT_EQ(second.story(), "52 start#1, 52 finish ok");
}

TEST(Bulkhead, LosesNoPlaceToAWaiterThatIsCancelled) {
  const bulkhead b({.calls = 1, .queue = 3, .longest_wait = 1s});
  const pipeline p{b};
  auto nothing = [] {};
  const call_facts facts{.wake = delegate<void()>::ref(nothing)};
  auto place = b.try_acquire();
  driver waits(p, {good()}, facts), granted(p, {good()}, facts), last(p, {good()}, facts);
  waits.run(1ms);
  granted.run(1ms);
  last.run(1ms);
  waits.cancel();
  EXPECT_EQ(waits.story(), "1 finish canceled");
  EXPECT_EQ(b.look().waiting, 2U);
  place->release();
  granted.cancel();
  EXPECT_EQ(b.look().in_use, 1U) << "the place went on to the last";
  last.wake();
  last.run();
  EXPECT_EQ(last.story(), "1 start#1, 1 finish ok");
  EXPECT_EQ(b.look().in_use, 0U);
}

TEST(TimeoutBulkhead, LimitsTheWait) {
  const bulkhead b({.calls = 1, .queue = 3, .longest_wait = 1s});
  const pipeline p(timeout(20ms), b);
  const auto place = b.try_acquire();
  driver d(p, {good()});
  d.run();
  EXPECT_EQ(d.story(), "20 finish timeout");
  EXPECT_EQ(b.look().waiting, 0U);
}

TEST(Bulkhead, GrowsWhileCallsWait) {
  const bulkhead b({.calls = 1, .queue = 3});
  const pipeline p{b};
  const auto place = b.try_acquire();
  driver d(p, {good()});
  d.run(10ms);
  b.reconfigure({.calls = 2, .queue = 3});
  d.run();
  EXPECT_EQ(d.story(), "12 start#1, 12 finish ok");
}

TEST(BulkheadOptions, SayEverythingThatIsWrong) {
  EXPECT_TRUE(bulkhead_options{}.validate().empty());
  EXPECT_EQ((bulkhead_options{.calls = 0, .longest_wait = 0s}.validate().size()), 2U);
}

// Against a queue that is searched: the same are let in, in the same order.
TEST(BulkheadState, AdmitsWhomTheNaiveModelDoes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    seeded_random random(seed);
    const auto places = static_cast<std::uint32_t>(1 + random.below(4));
    const auto room = static_cast<std::uint32_t>(random.below(5));
    detail::bulkhead_state state(places, room);
    std::deque<detail::bulkhead_waiter> waiters;  // never moves what it holds
    std::deque<detail::bulkhead_waiter*> model;   // those who wait
    std::uint32_t in_use = 0;
    const auto hand_on = [&] {
      while (in_use < places && !model.empty()) {
        ASSERT_TRUE(model.front()->granted);
        model.pop_front();
        ++in_use;
      }
    };
    for (int i = 0; i < 300; ++i) {
      switch (random.below(3)) {
        case 0: {
          const bool in = state.try_enter();
          ASSERT_EQ(in, in_use < places);
          if (in) {
            ++in_use;
          } else {
            auto& w = waiters.emplace_back();
            const bool waits = state.try_wait(w);
            ASSERT_EQ(waits, model.size() < room);
            if (waits) model.push_back(&w);
          }
          break;
        }
        case 1:
          if (in_use == 0) break;
          state.release();
          --in_use;
          hand_on();
          break;
        default:
          if (model.empty()) break;
          const auto who = static_cast<std::ptrdiff_t>(random.below(model.size()));
          state.give_up(*model[static_cast<std::size_t>(who)]);
          model.erase(model.begin() + who);
      }
      ASSERT_EQ(state.in_use(), in_use) << "seed " << seed;
      ASSERT_EQ(state.waiting(), model.size()) << "seed " << seed;
      for (const auto* w : model) ASSERT_FALSE(w->granted);
    }
  }
}

TEST(Bulkhead, NeverHoldsMoreThreadsThanItsPlaces) {
  const bulkhead b({.calls = 2, .queue = 8});
  const pipeline p{b};
  std::atomic<int> inside{0}, most{0}, ran{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        std::atomic<bool> woken{false};
        auto wake = [&] { woken = true; };
        pipeline_call call(p, {.wake = delegate<void()>::ref(wake)});
        action a = call.start(manual_clock::start);
        while (a.kind == action_kind::wait) {
          while (!woken) std::this_thread::yield();
          a = call.timer(manual_clock::start);
        }
        ASSERT_EQ(a.kind, action_kind::start_attempt);
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        ++ran;
        --inside;
        call.attempt_done(manual_clock::start, a.attempt, outcome::success());
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(ran, 2000);
  EXPECT_LE(most, 2);
  EXPECT_EQ(b.look().in_use, 0U);
}

}  // namespace
}  // namespace weir
