#include "weir/sharing/shared_circuits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "unit/sharing/process.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

using test::always;
using test::meet;
using test::partner;
using test::process;
using test::soon;

TEST(SharedCircuits, TwoFailuresHereAndOneThereOpenItForBoth) {
  test::redis_server server;
  process a(server, partner());
  process b(server, partner());
  ASSERT_TRUE(meet(a, b));
  a.fail();
  a.fail();
  ASSERT_TRUE(soon([&] { return b.failures() == 2; }));
  b.fail();
  EXPECT_EQ(b.state(), circuit_mode::open) << "decided at once, on what is known here";
  ASSERT_TRUE(soon([&] { return a.state() == circuit_mode::open; }));
  EXPECT_TRUE(soon([&] { return a.failures() == 3 && b.failures() == 3; }));
}

TEST(SharedCircuits, ASuccessAnywhereEndsTheRow) {
  test::redis_server server;
  process a(server, partner());
  process b(server, partner());
  ASSERT_TRUE(meet(a, b));
  a.fail();
  a.fail();
  ASSERT_TRUE(soon([&] { return b.failures() == 2; }));
  EXPECT_TRUE(b.succeed());
  EXPECT_TRUE(soon([&] { return a.failures() == 0; }));
  EXPECT_EQ(a.state(), circuit_mode::closed);
}

TEST(SharedCircuits, ASuccessOfBeforeDoesNotEndTheRowThatAFailureElsewhereBegins) {
  test::redis_server server;
  process a(server, partner());
  process b(server, partner());
  ASSERT_TRUE(meet(a, b));
  EXPECT_TRUE(b.succeed());
  a.fail();
  ASSERT_TRUE(soon([&] { return b.failures() == 1; }));
  EXPECT_TRUE(always([&] { return a.failures() == 1 && b.failures() == 1; }, 200ms));
}

TEST(SharedCircuits, OldSuccessesDoNotThinOutTheWindowsOfOthers) {
  test::redis_server server;
  const circuit_options half{.name = "partner",
                             .trip = failure_ratio{.ratio = 0.5, .within = 500ms, .min_calls = 4}};
  process a(server, half);
  process b(server, half);
  ASSERT_TRUE(meet(a, b));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(b.succeed());
  ASSERT_TRUE(soon([&] { return b.breaker.snapshot().buffered_calls == 0; }));
  a.fail();
  EXPECT_TRUE(always([&] { return a.breaker.snapshot().buffered_calls <= 1; }, 200ms));
}

TEST(SharedCircuits, OneOfAllProbesAndItsSuccessClosesForAll) {
  test::redis_server server;
  std::vector<std::unique_ptr<process>> all;
  for (int i = 0; i < 4; ++i) all.push_back(std::make_unique<process>(server, partner(200ms)));
  ASSERT_TRUE(soon([&] {
    return std::all_of(all.begin(), all.end(), [](const auto& p) { return p->connected(); });
  }));
  for (int i = 0; i < 3; ++i) all[0]->fail();
  ASSERT_TRUE(soon([&] {
    return std::all_of(all.begin(), all.end(),
                       [](const auto& p) { return p->state() != circuit_mode::closed; });
  }));
  // All knock until one is let in; meanwhile nobody else is.
  std::optional<permit> probe;
  ASSERT_TRUE(soon([&] {
    for (std::size_t i = 0; i < all.size() && !probe; ++i) {
      if (auto p = all[i]->breaker.try_acquire()) probe.emplace(std::move(*p));
    }
    return probe.has_value();
  }));
  const auto nobody_else = [&] {
    return std::none_of(all.begin(), all.end(),
                        [](const auto& p) { return p->breaker.try_acquire().has_value(); });
  };
  ASSERT_TRUE(always(nobody_else, 500ms)) << "longer than the lease, which its holder renews";
  probe->succeed();
  EXPECT_TRUE(soon([&] {
    return std::all_of(all.begin(), all.end(),
                       [](const auto& p) { return p->state() == circuit_mode::closed; });
  }));
}

TEST(SharedCircuits, AFailedProbeOpensItAgainForAll) {
  test::redis_server server;
  process a(server, partner(100ms));
  process b(server, partner(100ms));
  ASSERT_TRUE(meet(a, b));
  for (int i = 0; i < 3; ++i) a.fail();
  ASSERT_TRUE(soon([&] { return b.state() != circuit_mode::closed; }));
  bool probed = false;
  ASSERT_TRUE(soon([&] {
    for (const process* p : {&a, &b}) {
      if (auto leave = p->breaker.try_acquire()) {
        leave->fail("again");
        probed = true;
        break;
      }
    }
    return probed;
  }));
  EXPECT_TRUE(soon([&] { return a.failures() == 4 && b.failures() == 4; }));
}

TEST(SharedCircuits, WhoHasCallsGetsTheProbeFromWhoHasNone) {
  test::redis_server server;
  process idle(server, partner(100ms));
  ASSERT_TRUE(meet(idle));
  for (int i = 0; i < 3; ++i) idle.fail();
  // By the end of this it holds the lease.
  ASSERT_TRUE(always([&] { return idle.state() != circuit_mode::closed; }, 200ms));
  process busy(server, partner(100ms));
  EXPECT_TRUE(soon([&] { return busy.state() != circuit_mode::closed; })) << "learnt on arrival";
  EXPECT_TRUE(soon([&] { return busy.succeed(); }));
  EXPECT_TRUE(soon([&] { return idle.state() == circuit_mode::closed; }));
}

TEST(SharedCircuits, ADeadProcessKeepsTheOthersFromProbingNoLongerThanItsLease) {
  test::redis_server server;
  process other(server, partner(50ms));
  ASSERT_TRUE(meet(other));
  // What a process leaves that dies with the lease.
  io::loop loop;
  redis::client dead(loop, server.settings(), {});
  dead.start();
  bool sent = false, written = false;
  ASSERT_TRUE(soon([&] {
    loop.run_once(1ms);
    if (dead.up() && !std::exchange(sent, true)) {
      dead.send({"SET", "weir:probe:partner", "dead", "PX", "600"},
                [&](const redis::reply*, std::string_view) { written = true; });
    }
    return written;
  }));
  for (int i = 0; i < 3; ++i) other.fail();
  EXPECT_TRUE(always([&] { return !other.breaker.try_acquire().has_value(); }, 300ms));
  EXPECT_TRUE(soon([&] { return other.succeed(); }));
}

TEST(SharedCircuits, WhoGoesAwayInOrderGivesItsLeaseBack) {
  test::redis_server server;
  auto going = std::make_unique<process>(server, partner(100ms), circuit_sharing{}, 60s);
  process other(server, partner(100ms), {}, 60s);
  ASSERT_TRUE(soon([&] { return going->connected() && other.connected(); }));
  for (int i = 0; i < 3; ++i) going->fail();
  ASSERT_TRUE(soon([&] { return other.state() != circuit_mode::closed; }));
  ASSERT_TRUE(soon([&] { return going->breaker.try_acquire().has_value(); }));
  going.reset();
  EXPECT_TRUE(soon([&] { return other.succeed(); })) << "long before the lease would end";
}

TEST(SharedCircuits, WithoutTheServerEveryCircuitGoesOnAlone) {
  test::redis_server server;
  process a(server, partner(100ms));
  process b(server, partner(100ms));
  ASSERT_TRUE(meet(a, b));
  server.stop();
  ASSERT_TRUE(soon([&] { return !a.connected() && !b.connected(); }));
  for (int i = 0; i < 3; ++i) a.fail();
  EXPECT_EQ(a.state(), circuit_mode::open);
  EXPECT_EQ(b.state(), circuit_mode::closed);
  EXPECT_TRUE(soon([&] { return a.succeed(); })) << "it probes by itself";
  server.start();
  ASSERT_TRUE(meet(a, b));
  for (int i = 0; i < 3; ++i) a.fail();
  EXPECT_TRUE(soon([&] { return b.state() != circuit_mode::closed; })) << "together again";
}

TEST(SharedCircuits, WhatOpenedInTheDarkIsToldWhenTheServerIsBack) {
  test::redis_server server;
  process a(server, partner());
  ASSERT_TRUE(meet(a));
  server.stop();
  ASSERT_TRUE(soon([&] { return !a.connected(); }));
  for (int i = 0; i < 3; ++i) a.fail();
  server.start();
  process b(server, partner());
  EXPECT_TRUE(soon([&] { return b.state() == circuit_mode::open; }));
}

TEST(SharedCircuits, OneBadHostDoesNotOpenItForAllUnderAQuorum) {
  test::redis_server server;
  const circuit_sharing majority{.how = circuit_sharing::kind::quorum};
  process a(server, partner(), majority);
  process b(server, partner(), majority);
  process c(server, partner(), majority);
  ASSERT_TRUE(meet(a, b, c));
  for (int i = 0; i < 3; ++i) a.fail();
  EXPECT_EQ(a.state(), circuit_mode::open) << "it protects itself";
  EXPECT_TRUE(always([&] { return b.state() == circuit_mode::closed; }, 200ms));
  for (int i = 0; i < 3; ++i) b.fail();
  EXPECT_TRUE(soon([&] { return c.state() == circuit_mode::open; })) << "two of three saw it";
}

TEST(SharedCircuits, WhatOneClosesForItselfStaysOpenForAnotherUnderAQuorum) {
  test::redis_server server;
  const circuit_sharing all_three{.how = circuit_sharing::kind::quorum, .processes = 3};
  process a(server, partner(100ms), all_three);
  process b(server, partner(), all_three);
  process c(server, partner(), all_three);
  ASSERT_TRUE(meet(a, b, c));
  for (int i = 0; i < 3; ++i) a.fail();
  for (int i = 0; i < 3; ++i) b.fail();
  ASSERT_TRUE(soon([&] { return a.succeed(); }));
  EXPECT_EQ(a.state(), circuit_mode::closed);
  EXPECT_TRUE(always([&] { return b.state() == circuit_mode::open; }, 200ms))
      << "it was never open for all";
  for (int i = 0; i < 3; ++i) c.fail();
  EXPECT_TRUE(always([&] { return a.state() == circuit_mode::closed; }, 200ms))
      << "its own vote went when it closed";
  for (int i = 0; i < 3; ++i) a.fail();
  EXPECT_TRUE(soon([&] { return a.state() == circuit_mode::open && a.failures() == 3; }));
}

TEST(SharedCircuits, AProcessThatLostItsLeaseProbesNoMore) {
  test::redis_server server;
  process a(server, partner(100ms));
  ASSERT_TRUE(meet(a));
  for (int i = 0; i < 3; ++i) a.fail();
  const auto let_in = [&] {
    const auto p = a.breaker.try_acquire();
    return p.has_value();  // given back at once: a probe that never was
  };
  ASSERT_TRUE(soon(let_in)) << "it holds the lease";
  // As when it had stood still for longer than its lease, and another has it.
  io::loop loop;
  redis::client other(loop, server.settings(), {});
  other.start();
  bool taken = false;
  ASSERT_TRUE(soon([&] {
    loop.run_once(1ms);
    if (other.up() && !std::exchange(taken, true)) {
      other.send({"SET", "weir:probe:partner", "another", "PX", "60000"}, {});
    }
    return taken;
  }));
  EXPECT_TRUE(soon([&] {
    loop.run_once(1ms);
    return !let_in();
  }));
  EXPECT_TRUE(always([&] { return !let_in(); }, 300ms));
}

TEST(SharedCircuits, AnyOneOpensItForAllWhereOneIsEnough) {
  test::redis_server server;
  const circuit_sharing any{.how = circuit_sharing::kind::quorum, .processes = 1};
  process a(server, partner(), any);
  process b(server, partner(), any);
  ASSERT_TRUE(meet(a, b));
  for (int i = 0; i < 3; ++i) a.fail();
  EXPECT_TRUE(soon([&] { return b.state() == circuit_mode::open; }));
}

TEST(SharedCircuits, RatiosAreOverTheCallsOfAll) {
  test::redis_server server;
  const circuit_options half{.name = "partner",
                             .trip = failure_ratio{.ratio = 0.5, .within = 60s, .min_calls = 4}};
  process a(server, half);
  process b(server, half);
  ASSERT_TRUE(meet(a, b));
  a.fail();
  ASSERT_TRUE(soon([&] { return b.breaker.snapshot().buffered_calls == 1; }));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(a.succeed());
  ASSERT_TRUE(soon([&] { return b.breaker.snapshot().buffered_calls == 7; }));
  for (int i = 0; i < 4; ++i) b.fail();
  EXPECT_EQ(b.state(), circuit_mode::closed) << "5 of 11";
  b.fail();
  EXPECT_EQ(b.state(), circuit_mode::open) << "6 of 12";
}

}  // namespace
}  // namespace weir
