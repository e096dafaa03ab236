#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "weir/base/clock.hpp"

namespace weir::detail {

// What recent calls took, as a histogram whose buckets are about 6 % wide (sixteen for each
// doubling), from 1 µs to 20 minutes; what lies outside counts at the end. Two halves of the window
// take turns, so between half of `within` and all of it is remembered. Thread-safe: record() takes
// a lock, value() reads one word.
class latency_window {
 public:
  // `of`: the quantile, in (0, 1). Before `least` records are held, value() is `unknown`.
  latency_window(double of, duration within, std::uint32_t least, duration unknown) noexcept;

  void record(time_point now, duration took) noexcept;
  // No less than the quantile of what was recorded, by at most a bucket's width. As of a moment
  // ago: it is worked out anew every 16 records.
  duration value() const noexcept { return duration(value_.load(std::memory_order_relaxed)); }
  std::uint64_t records() const noexcept;

 private:
  static constexpr std::uint32_t first_octave = 10;  // 2^10 ns
  static constexpr std::uint32_t octaves = 31;
  static constexpr std::uint32_t parts = 16;
  static constexpr std::uint32_t buckets = octaves * parts;
  static constexpr std::uint32_t renewed_every = 16;

  static std::uint32_t bucket_of(duration took) noexcept;
  static duration end_of(std::uint32_t bucket) noexcept;
  duration quantile() const noexcept;

  struct half {
    std::array<std::uint32_t, buckets> counts{};
    std::uint64_t total = 0;
  };

  const double of_;
  const duration half_;
  const std::uint32_t least_;
  const duration unknown_;
  mutable std::mutex mutex_;
  half halves_[2];
  std::uint32_t current_ = 0;
  std::uint32_t since_ = 0;  // records since value_ was worked out
  time_point turn_at_ = time_point::min();
  std::atomic<std::int64_t> value_;
};

}  // namespace weir::detail
