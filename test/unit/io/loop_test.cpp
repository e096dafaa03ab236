#include "weir/io/loop.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "unit/io/socket_support.hpp"

namespace weir::io {
namespace {

using namespace std::chrono_literals;
using test::socket_pair;

struct recorder final : fd_handler {
  void on_ready(readiness what) override {
    ++calls;
    last = what;
    if (then) then();
  }
  int calls = 0;
  readiness last;
  std::function<void()> then;
};

TEST(Loop, TellsReadinessOnceForEachEdge) {
  loop l;
  socket_pair pair;
  recorder r;
  ASSERT_TRUE(l.watch(pair.near.get(), r));
  l.run_once(0ms);  // writable at once
  EXPECT_EQ(r.calls, 1);
  EXPECT_TRUE(r.last.writable);
  EXPECT_FALSE(r.last.readable);
  pair.far.send("x");
  l.run_once(1s);
  EXPECT_EQ(r.calls, 2);
  EXPECT_TRUE(r.last.readable);
  l.run_once(0ms);
  EXPECT_EQ(r.calls, 2);
  pair.far.close();
  l.run_once(1s);
  EXPECT_TRUE(r.last.peer_closed);
}

TEST(Loop, DropsEventsOfTheBatchForAHandlerThatWasForgotten) {
  loop l;
  socket_pair a;
  socket_pair b;
  recorder first;
  recorder second;
  ASSERT_TRUE(l.watch(a.near.get(), first));
  ASSERT_TRUE(l.watch(b.near.get(), second));
  l.run_once(0ms);
  first.calls = second.calls = 0;
  // Whichever is told first makes the loop forget both; both have an event in the batch.
  const auto forget_both = [&] {
    l.forget(a.near.get(), first);
    l.forget(b.near.get(), second);
  };
  first.then = second.then = forget_both;
  a.far.send("x");
  b.far.send("x");
  l.run_once(1s);
  EXPECT_EQ(first.calls + second.calls, 1);
}

TEST(Loop, AnEventOfAClosedDescriptorDoesNotReachItsNumbersNextOwner) {
  loop l;
  socket_pair a;
  socket_pair b;
  recorder first;
  recorder second;
  recorder newcomer;
  socket_pair fresh;
  ASSERT_TRUE(l.watch(a.near.get(), first));
  ASSERT_TRUE(l.watch(b.near.get(), second));
  l.run_once(0ms);
  const auto replace = [&](socket_pair& other, recorder& owner) {
    const int number = other.near.get();
    l.forget(number, owner);
    other.near.close();
    ASSERT_EQ(::dup2(fresh.near.get(), number), number);
    ASSERT_TRUE(l.watch(number, newcomer));
    other.near = test::socket_fd(number);
  };
  first.then = [&] { replace(b, second); };
  second.then = [&] { replace(a, first); };
  a.far.send("x");
  b.far.send("x");
  l.run_once(1s);
  EXPECT_EQ(newcomer.calls, 0);
  l.run_once(0ms);
  EXPECT_EQ(newcomer.calls, 1);
}

struct foreseeing final : fd_handler {
  void on_ready(readiness) override {
    told.push_back("ready");
    if (then) then();
  }
  void foresee(unsigned step) const noexcept override { told.push_back(std::to_string(step)); }
  mutable std::vector<std::string> told;
  std::function<void()> then;
};

// Ten sockets, each with one event in the next batch.
struct LoopAhead : testing::Test {
  LoopAhead() {
    for (std::size_t i = 0; i < handlers.size(); ++i)
      EXPECT_TRUE(l.watch(pairs[i].near.get(), handlers[i]));
    l.run_once(0ms);
    for (auto& h : handlers) h.told.clear();
    for (auto& pair : pairs) pair.far.send("x");
  }
  loop l;
  std::array<socket_pair, 10> pairs;
  std::array<foreseeing, 10> handlers;
};

TEST_F(LoopAhead, LetsTheLaterHandlersOfABatchForeseeTheirEventsStepByStep) {
  l.run_once(1s);
  using steps = std::vector<std::string>;
  EXPECT_EQ(handlers[0].told, steps({"ready"}));
  EXPECT_EQ(handlers[3].told, steps({"2", "ready"}));
  EXPECT_EQ(handlers[9].told, steps({"0", "1", "2", "ready"}));
}

TEST_F(LoopAhead, DoesNotTouchAHandlerThatWasForgotten) {
  handlers[0].then = [&] {
    for (std::size_t i = 0; i < handlers.size(); ++i) {
      l.forget(pairs[i].near.get(), handlers[i]);
      handlers[i].told.clear();
    }
  };
  l.run_once(1s);
  for (const auto& h : handlers) EXPECT_TRUE(h.told.empty());
}

TEST(Loop, WatchesAgainADescriptorThatWasForgottenAndKeptOpen) {
  loop l;
  socket_pair pair;
  recorder first;
  recorder second;
  ASSERT_TRUE(l.watch(pair.near.get(), first));
  l.forget(pair.near.get(), first);
  ASSERT_TRUE(l.watch(pair.near.get(), second));
  l.run_once(0ms);
  EXPECT_EQ(first.calls, 0);
  EXPECT_EQ(second.calls, 1);
}

TEST(Loop, RefusesADescriptorThatIsNone) {
  loop l;
  recorder r;
  EXPECT_FALSE(l.watch(1000, r));
  EXPECT_EQ(errno, EBADF);
}

TEST(Loop, FiresTimersWithoutComingEarly) {
  loop l;
  bool fired = false;
  auto mark = [&] { fired = true; };
  timer t(l, delegate<void()>::ref(mark));
  const time_point due = l.now() + 3ms;
  t.arm(due);
  EXPECT_TRUE(test::run_until(l, [&] { return fired; }));
  EXPECT_GE(l.now(), due);
  EXPECT_FALSE(t.armed());
}

TEST(Loop, RunsDeferredWorkOnceAtTheEndOfTheBatch) {
  loop l;
  int runs = 0;
  auto count = [&] { ++runs; };
  deferred d(l, delegate<void()>::ref(count));
  d.schedule();
  d.schedule();
  EXPECT_EQ(runs, 0);
  l.run_once(0ms);
  EXPECT_EQ(runs, 1);
  l.run_once(0ms);
  EXPECT_EQ(runs, 1);
}

TEST(Loop, DeferredWorkThatSchedulesItselfRunsOnceForEachBatchAndTheLoopDoesNotSleep) {
  loop l;
  int runs = 0;
  deferred* self = nullptr;
  auto again = [&] {
    ++runs;
    self->schedule();
  };
  deferred d(l, delegate<void()>::ref(again));
  self = &d;
  d.schedule();
  for (int i = 0; i < 10; ++i) l.run_once(1h);
  EXPECT_EQ(runs, 10);
}

TEST(Loop, DeferredWorkIsCancelledByDestruction) {
  loop l;
  int runs = 0;
  auto count = [&] { ++runs; };
  auto victim = std::make_unique<deferred>(l, delegate<void()>::ref(count));
  auto kill = [&] { victim.reset(); };
  deferred killer(l, delegate<void()>::ref(kill));
  killer.schedule();
  victim->schedule();
  l.run_once(0ms);
  EXPECT_EQ(runs, 0);
}

TEST(Loop, HasOneNowForEachBatch) {
  loop l;
  const time_point before = l.now();
  EXPECT_EQ(l.now(), before);
  l.run_once(0ms);
  EXPECT_GT(l.now(), before);
}

TEST(Loop, RunsPostedWorkInOrderOnItsThread) {
  loop l;
  std::vector<int> order;
  loop* seen = nullptr;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) l.post([&order, i] { order.push_back(i); });
    l.post([&] {
      seen = loop::current();
      l.stop();
    });
  });
  l.run();
  other.join();
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(seen, &l);
  EXPECT_EQ(loop::current(), nullptr);
}

TEST(Loop, TakesPostsFromManyThreadsWhileItRuns) {
  loop l;
  constexpr int threads = 4;
  constexpr int each = 2000;
  int done = 0;  // touched by the loop's thread alone: the sanitizer would tell otherwise
  std::vector<std::thread> posters;
  for (int i = 0; i < threads; ++i)
    posters.emplace_back([&] {
      for (int j = 0; j < each; ++j)
        l.post([&] {
          if (++done == threads * each) l.stop();
        });
    });
  l.run();
  for (auto& t : posters) t.join();
  EXPECT_EQ(done, threads * each);
}

TEST(Loop, WorkPostedFromItsOwnThreadNeedsNoWaking) {
  loop l;
  int depth = 0;
  std::function<void()> nest = [&] {
    if (++depth < 5) l.post(nest);
  };
  l.post(nest);
  for (int i = 0; i < 5; ++i) l.run_once(1h);
  EXPECT_EQ(depth, 5);
}

TEST(Loop, StopsForGood) {
  loop l;
  std::thread other([&] { l.stop(); });
  l.run();
  other.join();
  EXPECT_FALSE(l.run_once(1h));
}

TEST(Loop, KnowsTheWallClock) {
  loop l;
  EXPECT_GT(l.unix_seconds(), 1'600'000'000);
}

}  // namespace
}  // namespace weir::io
