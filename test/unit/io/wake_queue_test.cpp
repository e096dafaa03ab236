#include "weir/io/wake_queue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace weir::io {
namespace {

// Runs the loop until what was posted before has been done.
void run_posted(loop& on) {
  on.post([&on] { on.stop(); });
  on.run();
}

struct counter {
  void add() { ++told; }
  int told = 0;
};

TEST(WakeQueue, TellsOnceForAllCallsBeforeIt) {
  loop on;
  wake_queue wakes(on);
  counter c;
  wake_queue::sleeper s(wakes, delegate<void()>::to<&counter::add>(c));
  s.wake();
  s.wake();
  EXPECT_EQ(c.told, 0) << "not on the caller's stack";
  int told_first = -1;
  on.post([&] {
    told_first = c.told;
    s.wake();
    on.post([&] { on.stop(); });
  });
  on.run();
  EXPECT_EQ(told_first, 1);
  EXPECT_EQ(c.told, 2);
}

TEST(WakeQueue, DoesNotCallOneThatIsGone) {
  loop on;
  wake_queue wakes(on);
  counter c;
  std::optional<wake_queue::sleeper> gone;
  gone.emplace(wakes, delegate<void()>::to<&counter::add>(c));
  wake_queue::sleeper stays(wakes, delegate<void()>::to<&counter::add>(c));
  gone->wake();
  stays.wake();
  gone.reset();
  run_posted(on);
  EXPECT_EQ(c.told, 1);
}

struct ender {
  void end() { whom->reset(); }
  std::optional<wake_queue::sleeper>* whom;
};

TEST(WakeQueue, MayLoseSleepersWhileItTells) {
  loop on;
  wake_queue wakes(on);
  counter c;
  std::optional<wake_queue::sleeper> second;
  ender e{&second};
  wake_queue::sleeper first(wakes, delegate<void()>::to<&ender::end>(e));
  second.emplace(wakes, delegate<void()>::to<&counter::add>(c));
  first.wake();
  second->wake();
  run_posted(on);
  EXPECT_EQ(c.told, 0);
}

TEST(WakeQueue, IsWokenByOtherThreads) {
  loop on;
  wake_queue wakes(on);
  counter c;
  std::vector<std::unique_ptr<wake_queue::sleeper>> sleepers;
  for (int i = 0; i < 50; ++i) {
    sleepers.push_back(
        std::make_unique<wake_queue::sleeper>(wakes, delegate<void()>::to<&counter::add>(c)));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (const auto& s : sleepers) s->wake();
    });
  }
  for (std::thread& t : threads) t.join();
  run_posted(on);
  EXPECT_EQ(c.told, 50);
}

}  // namespace
}  // namespace weir::io
