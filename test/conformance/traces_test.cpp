// Replays the traces of traces/*.jsonl on breakers configured as they say.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "conformance/trace.hpp"

namespace weir::conformance {
namespace {

const std::filesystem::path folder = "test/conformance/traces";

void give(permit& p, const std::string& how, time_point now) {
  if (how == "success") {
    p.succeed(now);
  } else if (how == "failure") {
    p.fail(now);
  } else if (how == "ignored") {
    p.ignore(now);
  } else {
    p.withdraw(now);
  }
}

void look(const circuit_breaker& breaker, const step& s, time_point now) {
  if (s.after) {
    EXPECT_EQ(to_string(breaker.state(now)), *s.after);
  }
  if (s.failures) {
    EXPECT_EQ(breaker.snapshot(now).failures, *s.failures);
  }
}

void play(const trace& t) {
  fixed_random draw(t.draw);
  circuit_options options = t.options;
  options.random = &draw;
  ASSERT_TRUE(options.validate().empty());
  const circuit_breaker breaker(options);
  std::vector<std::string> transitions;
  breaker.listen(circuit_event_kind::transition, [&](const circuit_event& e) {
    transitions.push_back(std::string(to_string(e.from)) + ">" + std::string(to_string(e.to)));
  });
  std::map<std::string, permit> running;
  for (std::size_t i = 0; i < t.steps.size(); ++i) {
    const step& s = t.steps[i];
    const time_point now = manual_clock::start + s.at;
    SCOPED_TRACE("step " + std::to_string(i + 1) + " at " + std::to_string(s.at.count() / 1e9) +
                 " s");
    if (s.what == step::kind::end) {
      const auto it = running.find(s.id);
      ASSERT_NE(it, running.end());
      give(it->second, s.how, now);
      running.erase(it);
    } else if (s.what != step::kind::look) {
      auto leave = breaker.try_acquire(now);
      if (s.admitted) {
        ASSERT_EQ(leave.has_value(), *s.admitted);
      }
      if (s.state) {
        EXPECT_EQ(to_string(breaker.state(now)), *s.state);
      }
      if (!leave && s.retry_after) {
        EXPECT_EQ(leave.error().retry_after, *s.retry_after);
      }
      if (leave && s.what == step::kind::call) give(*leave, s.how, now);
      if (leave && s.what == step::kind::begin) running.emplace(s.id, *std::move(leave));
    }
    look(breaker, s, now);
    if (testing::Test::HasFailure()) return;
  }
  if (t.transitions) {
    EXPECT_EQ(transitions, *t.transitions);
  }
}

class Traces : public testing::TestWithParam<std::string> {};

TEST_P(Traces, ComeOutAsRecorded) {
  const auto all = read_traces((folder / GetParam()).string());
  ASSERT_FALSE(all.empty());
  for (const trace& t : all) {
    SCOPED_TRACE(t.source + ": " + t.name);
    play(t);
    if (testing::Test::HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Traces,
                         testing::Values("pybreaker.jsonl", "fabfuel.jsonl", "aiomisc.jsonl",
                                         "others.jsonl", "own.jsonl"),
                         [](const auto& file) {
                           return file.param.substr(0, file.param.find('.'));
                         });

TEST(Traces, AreAllReplayed) {
  std::size_t files = 0, own = 0;
  for (const auto& f : std::filesystem::directory_iterator(folder)) {
    files += f.path().extension() == ".jsonl" ? 1 : 0;
  }
  EXPECT_EQ(files, 6U) << "five of traces and the one of random runs";
  own = read_traces((folder / "own.jsonl").string()).size();
  EXPECT_GE(own, 60U);
}

}  // namespace
}  // namespace weir::conformance
