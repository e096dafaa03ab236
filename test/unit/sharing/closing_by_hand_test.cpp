#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>

#include "unit/sharing/process.hpp"

// A circuit that several processes share, closed in one of them by who operates it.
namespace weir {
namespace {

using namespace std::chrono_literals;

using test::always;
using test::meet;
using test::partner;
using test::process;
using test::soon;

// Stops the thread that runs a circuit's listeners at its opening, until it is let go.
struct stop_at_opening {
  explicit stop_at_opening(const circuit_breaker& breaker) {
    breaker.listen(circuit_event_kind::transition, [g = go_, r = reached_](const circuit_event& e) {
      if (e.to != circuit_mode::open) return;
      *r = true;
      g->acquire();
    });
  }
  ~stop_at_opening() { let_go(); }
  void let_go() const { go_->release(100); }
  bool reached() const { return *reached_; }

  std::shared_ptr<std::counting_semaphore<>> go_ = std::make_shared<std::counting_semaphore<>>(0);
  std::shared_ptr<std::atomic<bool>> reached_ = std::make_shared<std::atomic<bool>>(false);
};

TEST(SharedCircuitClosedByHand, ItIsClosedForAllAndForWhoComesLater) {
  test::redis_server server;
  process a(server, partner());
  process b(server, partner());
  ASSERT_TRUE(meet(a, b));
  for (int i = 0; i < 3; ++i) a.fail();
  ASSERT_TRUE(soon([&] { return b.state() == circuit_mode::open; }));
  a.breaker.force_close();
  EXPECT_TRUE(soon([&] { return b.state() == circuit_mode::closed; }));
  process c(server, partner());
  ASSERT_TRUE(meet(c));
  EXPECT_TRUE(always([&] { return c.state() == circuit_mode::closed && a.succeed(); }, 200ms));
}

// Two processes, of which the second has opened, too, and has not told it yet; a third has heard of
// the first one's opening.
struct SharedCircuitOpenedLate : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(meet(a, b));
    late.emplace(b.breaker);
    for (int i = 0; i < 3; ++i) a.fail();
    ASSERT_TRUE(soon([&] { return late->reached(); }));
    witness.emplace(server, partner());
    ASSERT_TRUE(meet(*witness));
    ASSERT_TRUE(soon([&] { return witness->state() == circuit_mode::open; }));
  }

  test::redis_server server;
  process a{server, partner()};
  process b{server, partner()};
  std::optional<process> witness;
  std::optional<stop_at_opening> late;  // goes first: b's thread waits for it
};

TEST_F(SharedCircuitOpenedLate, DefectALateWordOfTheOpeningUndidTheClosingByHand) {
  a.breaker.force_close();
  ASSERT_TRUE(soon([&] { return witness->state() == circuit_mode::closed; }));
  late->let_go();
  process newcomer(server, partner());
  ASSERT_TRUE(meet(newcomer));
  ASSERT_TRUE(soon([&] { return b.state() == circuit_mode::closed; }));
  EXPECT_TRUE(always([&] { return a.succeed() && b.succeed() && newcomer.succeed(); }, 200ms));
}

TEST_F(SharedCircuitOpenedLate, DefectOneClosedByHandOpenedAtTheWordOfAnOlderOpening) {
  b.breaker.force_close();
  late->let_go();
  ASSERT_TRUE(soon([&] { return witness->state() == circuit_mode::closed; }));
  ASSERT_TRUE(soon([&] { return a.state() == circuit_mode::closed; }));
  EXPECT_TRUE(soon([&] { return b.state() == circuit_mode::closed; }));
  EXPECT_TRUE(always([&] { return a.succeed() && b.succeed(); }, 200ms));
}

TEST(SharedCircuitClosedByHand, AfterAClosingByHandTheNextOpeningGoesToAll) {
  test::redis_server server;
  process a(server, partner());
  process b(server, partner());
  ASSERT_TRUE(meet(a, b));
  for (int round = 0; round < 3; ++round) {
    const process& by = round == 1 ? b : a;
    for (int i = 0; i < 3; ++i) by.fail();
    ASSERT_TRUE(
        soon([&] { return a.state() == circuit_mode::open && b.state() == circuit_mode::open; }));
    process later(server, partner());
    ASSERT_TRUE(soon([&] { return later.state() == circuit_mode::open; })) << round;
    by.breaker.force_close();
    ASSERT_TRUE(soon(
        [&] { return a.state() == circuit_mode::closed && b.state() == circuit_mode::closed; }));
  }
}

TEST(SharedCircuitClosedByHand, AQuorumIsAskedAgainAfterACircuitWasClosedByHand) {
  test::redis_server server;
  const circuit_sharing two{.how = circuit_sharing::kind::quorum, .processes = 2};
  process a(server, partner(), two);
  process b(server, partner(), two);
  ASSERT_TRUE(meet(a, b));
  for (const process* p : {&a, &b}) {
    for (int i = 0; i < 3; ++i) p->fail();
  }
  process c(server, partner(), two);
  ASSERT_TRUE(soon([&] { return c.state() == circuit_mode::open; })) << "both have voted";
  a.breaker.force_close();
  ASSERT_TRUE(soon([&] { return c.state() == circuit_mode::closed; }));
  for (int i = 0; i < 3; ++i) a.fail();
  EXPECT_EQ(a.state(), circuit_mode::open);
  EXPECT_TRUE(always([&] { return c.state() == circuit_mode::closed; }, 200ms)) << "one of two";
}

}  // namespace
}  // namespace weir
