#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>

#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::test {

inline time_point at(double seconds) {
  return manual_clock::start +
         std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
}

// Plays a trace written as words against a breaker:
//   S@1.5 F@2 I@3   a call at that second that is admitted, and succeeds, fails, is ignored
//   R@4             a call that is rejected
//   @5              nothing but time
//   closed open half-open forced-open   the state at the last instant named
//   n=3             the failures counted then
// Calls take no time.
inline void play(const circuit_breaker& breaker, const std::string& trace) {
  std::istringstream words(trace);
  std::string word;
  time_point now = at(0);
  while (words >> word) {
    const std::string where = "at \"" + word + "\" of \"" + trace + "\"";
    if (const auto sign = word.find('@'); sign != std::string::npos) {
      now = at(std::stod(word.substr(sign + 1)));
      if (sign == 0) continue;
      auto permit = breaker.try_acquire(now);
      if (word[0] == 'R') {
        ASSERT_FALSE(permit) << where;
        continue;
      }
      ASSERT_TRUE(permit) << where;
      if (word[0] == 'S') permit->succeed(now);
      if (word[0] == 'F') permit->fail(now);
      if (word[0] == 'I') permit->ignore(now);
    } else if (word.starts_with("n=")) {
      ASSERT_EQ(breaker.snapshot(now).failures, std::stoull(word.substr(2))) << where;
    } else {
      ASSERT_EQ(to_string(breaker.state(now)), word) << where;
    }
  }
}

inline void play(const circuit_options& options, const std::string& trace) {
  play(circuit_breaker(options), trace);
}

}  // namespace weir::test
