#pragma once

#include <atomic>
#include <cstdint>

#include "weir/base/clock.hpp"

namespace weir::detail {

// The generic cell rate algorithm (ITU-T I.371), which is a token bucket told in one number: the
// time at which the bucket would be full again. Each permit moves it on by `interval`; a permit may
// be used once that number is no further ahead than `burst` permits' worth. Pure: the number is the
// caller's to keep. Knows time only as an argument.
class gcra_rule {
 public:
  // `interval`: time between permits; `burst`: how many may go at once after a silence, at least 1.
  gcra_rule(duration interval, std::uint32_t burst) noexcept
      : interval_(interval.count()), ahead_(interval.count() * (std::int64_t{burst} - 1)) {}

  // The number of a bucket that nobody has taken from.
  static constexpr std::int64_t untouched = INT64_MIN;

  struct step {
    bool given;
    // Given: until it may be used. Otherwise: until it is worth asking again; decades where so many
    // are never given at once.
    duration wait;
    std::int64_t full_at;  // the number after it
  };
  // `permits` of them, to be used no later than `longest_wait` from now.
  step take(std::int64_t full_at, time_point now, std::uint32_t permits,
            duration longest_wait) const noexcept;
  // How many may go at this instant.
  std::uint32_t available(std::int64_t full_at, time_point now) const noexcept;
  // What so many permits move the number on by; never so far that sums would leave their type.
  std::int64_t cost(std::uint64_t permits) const noexcept;

  std::int64_t interval() const noexcept { return interval_; }
  std::int64_t ahead() const noexcept { return ahead_; }

 private:
  std::int64_t interval_;
  std::int64_t ahead_;
};

// One bucket for all. Lock-free; all functions may be called by any thread.
class gcra {
 public:
  gcra(duration interval, std::uint32_t burst) noexcept : rule_(interval, burst) {}

  struct answer {
    bool given;
    duration wait;  // as in gcra_rule::step
  };
  // `permits` of them, to be used no later than `longest_wait` from now.
  answer reserve(time_point now, std::uint32_t permits, duration longest_wait) noexcept;
  // A reservation made at `now` is not going to be used. It is taken back if nobody reserved after
  // it, since the others were told their times already; otherwise it is lost.
  void cancel(time_point reserved_for, std::uint32_t permits) noexcept;
  // The bucket is not full before that instant: others took from it too.
  void catch_up(time_point full_at) noexcept;

  // How many may go at this instant.
  std::uint32_t available(time_point now) const noexcept;
  duration full_in(time_point now) const noexcept;

  const gcra_rule& rule() const noexcept { return rule_; }

 private:
  const gcra_rule rule_;
  std::atomic<std::int64_t> full_at_{gcra_rule::untouched};
};

}  // namespace weir::detail
