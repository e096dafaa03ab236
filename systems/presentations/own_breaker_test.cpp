// The breaker of main_service_own.cpp, which is in that file as its task asks: it is tested where
// it stands.
#define main main_of_the_service
#include "systems/presentations/main_service_own.cpp"  // NOLINT(bugprone-suspicious-include)
#undef main

#include <gtest/gtest.h>

#include <fstream>

#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace {

using namespace std::chrono_literals;
using namespace weir;
using weir::systems::presentations::own_breaker;
using weir::systems::presentations::own_breakers;
using state = own_breaker::state;

struct service_fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A breaker on a clock that is moved by hand; times count from its start.
class OwnBreaker : public ::testing::Test {
 protected:
  enum class came { good, bad, rejected };

  came call(own_breaker& at, double seconds, bool works) {
    go_to(seconds);
    bool sent = false;
    const came got = at.run<service_fault>(
        [&] {
          sent = true;
          if (!works) throw service_fault("down");
          return came::good;
        },
        [] { return came::bad; }, clock_);
    return sent ? got : came::rejected;
  }
  came succeed(own_breaker& at, double seconds) { return call(at, seconds, true); }
  came fail(own_breaker& at, double seconds) { return call(at, seconds, false); }
  // A call whose exception is not the service's fault; whether it was let through.
  bool surprise(own_breaker& at, double seconds) {
    go_to(seconds);
    try {
      at.run<service_fault>([]() -> int { throw std::logic_error("ours"); }, [] { return 0; },
                            clock_);
      return false;
    } catch (const std::logic_error&) {
      return true;
    }
  }
  state state_at(const own_breaker& of, double seconds) {
    go_to(seconds);
    return of.state_at(clock_.now());
  }
  void go_to(double seconds) {
    clock_.set(manual_clock::start +
               std::chrono::round<duration>(std::chrono::duration<double>(seconds)));
  }

  manual_clock clock_;
};

TEST_F(OwnBreaker, FollowsTheTraceOfThreeFailuresAndOneSecond) {
  own_breaker b("b", 3, 1s);
  EXPECT_EQ(succeed(b, 0), came::good);
  EXPECT_EQ(fail(b, 0), came::bad);
  EXPECT_EQ(b.failures(), 1U);
  EXPECT_EQ(fail(b, 0), came::bad);
  EXPECT_EQ(b.failures(), 2U);
  EXPECT_EQ(state_at(b, 0), state::closed);
  EXPECT_EQ(fail(b, 0), came::bad);
  EXPECT_EQ(b.failures(), 3U);
  EXPECT_EQ(state_at(b, 0), state::open);
  EXPECT_EQ(succeed(b, .1), came::rejected);
  EXPECT_EQ(succeed(b, .99), came::rejected);
  EXPECT_EQ(state_at(b, 1.0), state::half_open);
  EXPECT_EQ(fail(b, 1.0), came::bad);
  EXPECT_EQ(b.failures(), 4U);
  EXPECT_EQ(state_at(b, 1.0), state::open);
  EXPECT_EQ(succeed(b, 1.5), came::rejected);
  EXPECT_EQ(succeed(b, 2.0), came::good);
  EXPECT_EQ(b.failures(), 0U);
  EXPECT_EQ(state_at(b, 2.0), state::closed);
}

TEST_F(OwnBreaker, FollowsTheTraceOfFiveFailuresAndTenSeconds) {
  own_breaker b("b", 5, 10s);
  for (int second = 0; second <= 4; ++second) EXPECT_EQ(fail(b, second), came::bad);
  EXPECT_EQ(state_at(b, 4), state::open);
  EXPECT_EQ(succeed(b, 5), came::rejected);
  EXPECT_EQ(succeed(b, 13.99), came::rejected);
  EXPECT_EQ(fail(b, 14), came::bad);
  EXPECT_EQ(b.failures(), 6U);
  EXPECT_EQ(state_at(b, 14), state::open);
  EXPECT_EQ(succeed(b, 15), came::rejected);
  EXPECT_EQ(succeed(b, 23.9), came::rejected);
  EXPECT_EQ(succeed(b, 24), came::good);
  EXPECT_EQ(state_at(b, 24), state::closed);
}

// Each line was recorded from the original (test/conformance/README.md describes them).
TEST_F(OwnBreaker, FollowsTheRecordedTracesOfThePackage) {
  std::ifstream file("test/conformance/traces/fabfuel.jsonl");
  const auto in_words = [](state s) {
    return s == state::closed ? "closed" : s == state::open ? "open" : "half-open";
  };
  int traces = 0;
  for (std::string line; std::getline(file, line); ++traces) {
    json::parser parser;
    arena memory;
    const auto trace = parser.parse(line, memory);
    ASSERT_TRUE(trace) << line;
    const auto text = [&](json::value v) { return std::string(v.as_string(memory).value_or("")); };
    SCOPED_TRACE(text(trace->find("name")));
    const json::value options = trace->find("options");
    own_breaker b("b", static_cast<unsigned>(*options.find("failure_threshold").as_int64()),
                  std::chrono::seconds(*options.find("recovery_timeout").as_int64()));
    for (json::value step : trace->find("steps").elements()) {
      const double at = *step.find("at").as_double();
      SCOPED_TRACE("@" + std::to_string(at));
      EXPECT_EQ(in_words(state_at(b, at)), text(step.find("state")));
      const std::string how = text(step.find("call"));
      const bool admitted =
          how == "ignored" ? surprise(b, at) : call(b, at, how == "success") != came::rejected;
      EXPECT_EQ(admitted, step.find("admitted").as_bool());
      EXPECT_EQ(in_words(state_at(b, at)), text(step.find("after")));
      if (const json::value failures = step.find("failures")) {
        EXPECT_EQ(b.failures(), failures.as_uint64());
      }
    }
  }
  EXPECT_EQ(traces, 5);
}

TEST_F(OwnBreaker, OneOfFiveThatOpensIsSeenAmongTheOthers) {
  own_breakers all;
  for (const char* name : {"a", "b", "c", "d"}) all.add(name, 3, 1s);
  own_breaker& fifth = all.add("e", 1, 1s);
  EXPECT_TRUE(all.all_closed(clock_.now()));
  fail(fifth, 0);
  EXPECT_EQ(all.in_state(state::closed, clock_.now()), 4U);
  EXPECT_EQ(all.in_state(state::open, clock_.now()), 1U);
  EXPECT_FALSE(all.all_closed(clock_.now()));
}

TEST_F(OwnBreaker, TakesAnUnexpectedExceptionForASuccessAndPassesItOn) {
  own_breaker b("b", 3, 1s);
  fail(b, 0);
  fail(b, 0);
  EXPECT_TRUE(surprise(b, 0));
  EXPECT_EQ(b.failures(), 0U);
}

TEST_F(OwnBreaker, LetsOneProbeThroughAndNoCrowd) {
  own_breaker b("b", 1, 1s);
  fail(b, 0);
  go_to(1);
  const came outer = b.run<service_fault>(
      [&] {
        EXPECT_EQ(succeed(b, 1), came::rejected);
        return came::good;
      },
      [] { return came::bad; }, clock_);
  EXPECT_EQ(outer, came::good);
  EXPECT_EQ(state_at(b, 1), state::closed);
}

TEST_F(OwnBreaker, ACallFromBeforeItOpenedDecidesNothing) {
  own_breaker b("b", 1, 1s);
  go_to(0);
  b.run<service_fault>(
      [&] {
        fail(b, 0);
        return came::good;
      },
      [] { return came::bad; }, clock_);
  EXPECT_EQ(state_at(b, 0), state::open);
  EXPECT_EQ(b.failures(), 1U);
}

}  // namespace
