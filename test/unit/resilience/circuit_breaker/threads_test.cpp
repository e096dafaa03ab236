// Several threads on one circuit. The tsan preset looks on.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "unit/resilience/circuit_breaker/trace.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::play;

template <class F>
void together(int count, const F& f) {
  std::barrier start(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      f(i);
    });
  }
  for (auto& t : threads) t.join();
}

TEST(Threads, GetExactlyOneProbeAmongThem) {
  for (int round = 0; round < 200; ++round) {
    const circuit_breaker breaker(circuit_options{.trip = failures_in_a_row{1}, .open_for = 5s});
    std::atomic<int> to_half_open{0};
    breaker.listen(circuit_event_kind::transition, [&](const circuit_event& e) {
      if (e.to == circuit_mode::half_open) ++to_half_open;
    });
    play(breaker, "F@0");
    std::atomic<int> probes{0};
    std::array<std::optional<permit>, 5> kept;
    together(5, [&](int i) {
      auto leave = breaker.try_acquire(at(5));
      if (!leave) return;
      kept[static_cast<std::size_t>(i)] = *std::move(leave);
      ++probes;
    });
    ASSERT_EQ(probes, 1);
    ASSERT_EQ(to_half_open, 1);
  }
}

TEST(Threads, NeverHoldMorePermitsThanThereAre) {
  const circuit_breaker breaker(
      circuit_options{.trip = failures_in_a_row{1},
                      .open_for = 1s,
                      .half_open = {.permits = 3, .successes = 1000, .longest_wait = 0s}});
  play(breaker, "F@0");
  std::atomic<int> held{0};
  std::atomic<int> most{0};
  std::atomic<int> admitted{0};
  together(4, [&](int thread) {
    for (int i = 0; i < 5000; ++i) {
      auto p = breaker.try_acquire(at(1));
      if (!p || breaker.state(at(1)) != circuit_mode::half_open) continue;
      const int now_held = ++held;
      int seen = most.load();
      while (seen < now_held && !most.compare_exchange_weak(seen, now_held)) {
      }
      ++admitted;
      --held;
      if ((i + thread) % 16 == 0) {
        p->succeed(at(1));
      } else {
        p->ignore(at(1));
      }
    }
  });
  EXPECT_LE(most, 3);
  EXPECT_GT(admitted, 0);
}

TEST(Threads, LoseNoCountOfSuccessesOrFailures) {
  const circuit_breaker breaker(
      circuit_options{.trip = failure_ratio{.ratio = 1, .within = 10s, .min_calls = 1'000'000}});
  constexpr int calls = 20'000;
  together(4, [&](int) {
    for (int i = 0; i < calls; ++i) {
      auto p = breaker.try_acquire(at(i * 1e-5));
      if (i % 10 == 0) {
        p->fail(at(i * 1e-5));
      } else {
        p->succeed(at(i * 1e-5));
      }
    }
  });
  const auto s = breaker.snapshot(at(0.2));
  EXPECT_EQ(s.successful, 4U * calls * 9 / 10);
  EXPECT_EQ(s.failed, 4U * calls / 10);
  EXPECT_EQ(s.buffered_calls, 4U * calls);
  EXPECT_EQ(s.failures, 4U * calls / 10);
}

// With one call of each thread in flight, the circuit may trip late by no more than the threads.
TEST(Threads, TripWithinTheCallsInFlight) {
  constexpr int threads = 4;
  for (int round = 0; round < 50; ++round) {
    const circuit_breaker breaker(
        circuit_options{.trip = failure_ratio{.ratio = 0.5, .within = 10s, .min_calls = 100}});
    std::atomic<int> done{0};
    together(threads, [&](int) {
      for (;;) {
        auto p = breaker.try_acquire(at(0));
        if (!p) return;
        p->fail(at(0));
        ++done;
      }
    });
    EXPECT_GE(done, 100);
    EXPECT_LT(done, 100 + threads);
  }
}

TEST(Threads, SeeEventsInOrderOneAtATime) {
  const circuit_breaker breaker(circuit_options{.trip = failures_in_a_row{1}, .open_for = 1ms});
  std::atomic<bool> inside{false};
  circuit_mode last = circuit_mode::closed;
  bool in_order = true;
  breaker.listen(circuit_event_kind::transition, [&](const circuit_event& e) {
    in_order = in_order && !inside.exchange(true) && (e.from == last || e.lost_before != 0);
    last = e.to;
    inside = false;
  });
  together(4, [&](int thread) {
    for (int i = 0; i < 2000; ++i) {
      const time_point now = at(i * 1e-3);
      if (auto p = breaker.try_acquire(now)) (i + thread) % 3 == 0 ? p->succeed(now) : p->fail(now);
    }
  });
  EXPECT_TRUE(in_order);
}

TEST(Threads, MayGiveBackPermitsThatOthersTook) {
  auto breaker = std::make_unique<circuit_breaker>(
      circuit_options{.trip = failure_ratio{.ratio = 0.5, .within = 10s, .min_calls = 10}});
  std::vector<permit> permits;
  for (int i = 0; i < 100; ++i) permits.push_back(*breaker->try_acquire(at(0)));
  std::thread([&] {
    for (int i = 0; i < 50; ++i) permits[static_cast<std::size_t>(i)].succeed(at(1));
  }).join();
  EXPECT_EQ(breaker->snapshot(at(1)).buffered_calls, 50U);
  breaker.reset();
  std::thread([&] { permits.clear(); }).join();
  const circuit_breaker another(circuit_options{});
}

TEST(Threads, ReconfigureSteerAndWatchWhileCallsGoOn) {
  const circuit_breaker breaker(circuit_options{.trip = failure_ratio{.min_calls = 5}});
  std::atomic<bool> stop{false};
  std::vector<std::thread> callers;
  for (int t = 0; t < 2; ++t) {
    callers.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const time_point now = at(i * 1e-4);
        if (auto p = breaker.try_acquire(now)) (i + t) % 4 == 0 ? p->fail(now) : p->succeed(now);
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    breaker.reconfigure(circuit_options{
        .trip = failure_ratio{.ratio = 0.5, .within = std::chrono::seconds(1 + i % 3)}});
    const auto id = breaker.listen(circuit_event_mask::all(), [](const circuit_event&) {});
    breaker.snapshot(at(i));
    if (i % 10 == 0) breaker.reset(at(i));
    breaker.unlisten(id);
  }
  stop = true;
  for (auto& t : callers) t.join();
}

}  // namespace
}  // namespace weir
