// A million random calls, and what the originals made of them. The originals' answers are too many
// to keep: traces/random.jsonl holds a digest for each run, written by generate/.

#include <gtest/gtest.h>

#include "conformance/trace.hpp"

namespace weir::conformance {
namespace {

// The same generator and digest as in generate/random_calls.py.
class calls {
 public:
  explicit calls(std::uint64_t seed) : x_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    x_ = x_ * 6364136223846793005U + 1442695040888963407U;
    return (x_ >> 33) % bound;
  }
  duration pause() {
    const std::uint64_t kind = below(100);
    const std::uint64_t most = kind < 60 ? 1000 : kind < 95 ? 10'000 : 120'000;
    return std::chrono::milliseconds(below(most));
  }

 private:
  std::uint64_t x_;
};

class digest {
 public:
  void add(std::uint64_t byte) { value_ = (value_ ^ (byte & 255U)) * 1099511628211U; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037U;
};

std::uint64_t code(circuit_mode m) {
  return m == circuit_mode::closed ? 0U : m == circuit_mode::open ? 1U : 2U;
}

std::uint64_t digest_of(const random_run& run) {
  const circuit_breaker breaker(run.options);
  calls next(run.seed);
  digest d;
  time_point now = manual_clock::start;
  for (std::uint64_t i = 0; i < run.calls; ++i) {
    now += next.pause();
    const std::uint64_t how = next.below(100);
    d.add(code(breaker.state(now)));
    auto leave = breaker.try_acquire(now);
    d.add(leave ? 1 : 0);
    if (leave) {
      if (how < run.failing) {
        leave->fail(now);
      } else if (how < run.failing + run.ignored) {
        leave->ignore(now);
      } else {
        leave->succeed(now);
      }
    }
    const circuit_mode after = breaker.state(now);
    d.add(code(after));
    d.add(after == circuit_mode::closed ? breaker.snapshot(now).failures : 0);
  }
  return d.value();
}

TEST(RandomCalls, AreThoseOfTheGenerator) {
  calls next(1);
  for (const std::uint64_t first : {74, 53, 96, 70, 34}) EXPECT_EQ(next.below(100), first);
}

TEST(RandomCalls, EndAsTheOriginalsDo) {
  std::uint64_t total = 0;
  for (const random_run& run : read_runs("test/conformance/traces/random.jsonl")) {
    ASSERT_EQ(digest_of(run), run.digest) << run.source << ", seed " << run.seed;
    total += run.calls;
  }
  EXPECT_GE(total, 1'000'000U);
}

}  // namespace
}  // namespace weir::conformance
