#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "unit/resilience/circuit_breaker/trace.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::play;

struct diary {
  std::string text;
  void operator()(const circuit_event& e) {
    if (!text.empty()) text += ", ";
    switch (e.kind) {
      case circuit_event_kind::transition:
        text += std::string(to_string(e.from)) + "→" + std::string(to_string(e.to));
        break;
      case circuit_event_kind::failure:
        text += "failure";
        break;
      case circuit_event_kind::success:
        text += "success";
        break;
      case circuit_event_kind::permitted:
        text += "before";
        break;
      case circuit_event_kind::rejected:
        text += "rejected";
        break;
      case circuit_event_kind::ignored:
        text += "ignored";
        break;
    }
  }
  std::string take() { return std::exchange(text, {}); }
};

class Events : public testing::Test {
 protected:
  void listen(circuit_event_mask kinds) {
    breaker.listen(kinds, [this](const circuit_event& e) { seen(e); });
  }

  circuit_breaker breaker{
      circuit_options{.name = "author", .trip = failures_in_a_row{1}, .open_for = 10s}};
  diary seen;
};

constexpr auto of_pybreaker = circuit_event_kind::transition | circuit_event_kind::failure |
                              circuit_event_kind::success | circuit_event_kind::permitted;

TEST_F(Events, OfATripComeInTheOrderOfPybreaker) {
  listen(of_pybreaker);
  play(breaker, "F@0");
  EXPECT_EQ(seen.take(), "before, failure, closed→open");
}

TEST_F(Events, OfAFailedProbeComeInTheOrderOfPybreaker) {
  listen(of_pybreaker);
  play(breaker, "F@0");
  seen.take();
  play(breaker, "F@10");
  EXPECT_EQ(seen.take(), "open→half-open, before, failure, half-open→open");
}

TEST_F(Events, OfAGoodProbeComeInTheOrderOfPybreaker) {
  listen(of_pybreaker);
  play(breaker, "F@0");
  seen.take();
  play(breaker, "S@10");
  EXPECT_EQ(seen.take(), "open→half-open, before, half-open→closed, success");
}

TEST_F(Events, OfARejectionAreSilentUnlessAskedFor) {
  listen(of_pybreaker);
  play(breaker, "F@0");
  seen.take();
  play(breaker, "R@1");
  EXPECT_EQ(seen.take(), "");
  listen(circuit_event_kind::rejected);
  play(breaker, "R@1");
  EXPECT_EQ(seen.take(), "rejected");
}

TEST_F(Events, TellOfEachTransitionOnce) {
  listen(circuit_event_kind::transition);
  play(breaker, "S@0 F@1 R@2 F@11 S@21 S@22");
  EXPECT_EQ(seen.take(),
            "closed→open, open→half-open, half-open→open, open→half-open, half-open→closed");
}

TEST_F(Events, SayWhyAndForHowLong) {
  std::vector<circuit_event> events;
  breaker.listen(circuit_event_kind::transition,
                 [&](const circuit_event& e) { events.push_back(e); });
  breaker.try_acquire(at(0))->fail(at(0), "refused");
  play(breaker, "S@10");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].why, transition_cause::tripped);
  EXPECT_EQ(events[0].open_for, 10s);
  EXPECT_EQ(events[0].failures, 1U);
  EXPECT_EQ(events[0].error, "refused");
  EXPECT_EQ(events[1].why, transition_cause::open_time_over);
  EXPECT_EQ(events[1].at, at(10));
  EXPECT_EQ(events[2].why, transition_cause::probe_succeeded);
}

TEST_F(Events, GoOnAfterAListenerThatThrows) {
  breaker.listen(circuit_event_kind::transition,
                 [](const circuit_event&) { throw std::runtime_error("listener"); });
  listen(circuit_event_kind::transition);
  play(breaker, "F@0");
  EXPECT_EQ(seen.take(), "closed→open");
}

TEST_F(Events, LetAListenerUseTheCircuit) {
  circuit_mode state_inside = circuit_mode::closed;
  breaker.listen(circuit_event_kind::transition, [&](const circuit_event& e) {
    state_inside = breaker.state(at(0));
    if (e.to == circuit_mode::open) breaker.reset(at(0));
  });
  listen(circuit_event_kind::transition);
  play(breaker, "F@0 closed");
  EXPECT_EQ(seen.take(), "closed→open, open→closed");
}

TEST_F(Events, EndWhenTheListenerLeaves) {
  const auto id = breaker.listen(of_pybreaker, [this](const circuit_event& e) { seen(e); });
  play(breaker, "S@0");
  breaker.unlisten(id);
  play(breaker, "F@0");
  EXPECT_EQ(seen.take(), "before, success");
}

TEST_F(Events, AreBoundedAndSayHowManyWereLost) {
  std::uint64_t lost = 0;
  std::uint64_t told = 0;
  bool inside = false;
  breaker.listen(circuit_event_kind::permitted, [&](const circuit_event& e) {
    ++told;
    lost += e.lost_before;
    if (std::exchange(inside, true)) return;
    for (int i = 0; i < 5000; ++i) breaker.try_acquire(at(0))->ignore(at(0));
  });
  play(breaker, "S@0");
  EXPECT_EQ(told, 1 + 1024U);
  EXPECT_EQ(lost, 5000U - 1024U);
}

TEST_F(Events, LetGoOfAListenerOutsideTheLock) {
  int looked = 0;
  const auto look_at_the_end = [&] {
    return std::shared_ptr<void>(nullptr, [&](void*) {
      breaker.snapshot(at(0));
      ++looked;
    });
  };
  const auto id =
      breaker.listen(circuit_event_kind::transition, [held = look_at_the_end()](const auto&) {});
  breaker.unlisten(id);
  EXPECT_EQ(looked, 1);
}

TEST_F(Events, LetGoOfAListenerThatLeavesInItsOwnEventOutsideTheLock) {
  int looked = 0;
  std::uint64_t id = 0;
  id = breaker.listen(circuit_event_kind::transition,
                      [&, held = std::shared_ptr<void>(nullptr, [&](void*) {
                            breaker.snapshot(at(0));
                            ++looked;
                          })](const auto&) { breaker.unlisten(id); });
  play(breaker, "F@0");
  EXPECT_EQ(looked, 1);
}

}  // namespace
}  // namespace weir
