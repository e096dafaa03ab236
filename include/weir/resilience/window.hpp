#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "weir/base/clock.hpp"

namespace weir::detail {

inline constexpr std::uint32_t most_buckets = 20;

// How a time window is cut: `buckets` of equal width, counted in epochs from the first instant that
// anything was recorded, so that what is timed from a round start is cut at round times. Epochs
// begin well above zero: the epochs of a window never go below it.
class window_grid {
 public:
  window_grid() noexcept : window_grid(duration(1), 1) {}
  window_grid(duration within, std::uint32_t buckets) noexcept
      : width_(std::max<std::int64_t>(1, within.count() / buckets)), buckets_(buckets) {}

  // Another shape, before anybody uses it.
  void shape(duration within, std::uint32_t buckets) noexcept {
    width_ = std::max<std::int64_t>(1, within.count() / buckets);
    buckets_ = buckets;
  }

  std::uint32_t buckets() const noexcept { return buckets_; }
  duration within() const noexcept { return duration(width_ * buckets_); }

  // Thread-safe; the first caller sets the start.
  std::uint64_t epoch(time_point now) noexcept {
    const std::int64_t at = now.time_since_epoch().count();
    std::int64_t start = start_.load(std::memory_order_relaxed);
    if (start == unset) [[unlikely]] {
      start_.compare_exchange_strong(start, at, std::memory_order_relaxed);
      start = start_.load(std::memory_order_relaxed);
    }
    // A thread whose `now` is a little older than the very first record counts from there.
    return at <= start ? first_epoch
                       : first_epoch + static_cast<std::uint64_t>(at - start) /
                                           static_cast<std::uint64_t>(width_);
  }

  // The first instant after the bucket that holds `now`.
  time_point bucket_end(time_point now) noexcept {
    const std::uint64_t e = epoch(now) - first_epoch + 1;
    return time_point(
        duration(start_.load(std::memory_order_relaxed) + static_cast<std::int64_t>(e) * width_));
  }

  static constexpr std::uint64_t first_epoch = 2 * most_buckets;

 private:
  static constexpr std::int64_t unset = std::numeric_limits<std::int64_t>::min();

  std::int64_t width_;
  std::uint32_t buckets_;
  std::atomic<std::int64_t> start_{unset};
};

// Marks counted in the buckets of a grid. Not thread-safe. Takes memory at the first mark only.
class bucket_ring {
 public:
  explicit bucket_ring(std::uint32_t buckets) noexcept : buckets_(buckets) {}

  void add(std::uint64_t epoch);
  // Marks in the window that ends with `epoch`.
  std::uint64_t total(std::uint64_t epoch) noexcept;
  // Marks in the bucket of `epoch`, if it is still in the window.
  std::uint32_t in_bucket(std::uint64_t epoch) const noexcept;
  void clear() noexcept;

 private:
  void turn_to(std::uint64_t epoch) noexcept;

  std::unique_ptr<std::uint32_t[]> counts_;
  std::uint64_t epoch_ = 0;
  std::uint64_t total_ = 0;
  std::uint32_t buckets_;
};

// One thread's share of the successes in a time window. Only the owner writes, with plain stores;
// anyone reads. Each bucket carries the low bits of the epoch it belongs to, so that a reader never
// takes an old count for a new one, whatever the owner is doing; it may miss the call in flight.
//
// The content belongs to an era (the generation of the circuit it was recorded under): when that
// moves on, all of it is void, without anyone having to clear what another thread writes.
class window_shard {
 public:
  // Owner: counts one success if the bucket of `now` is still the current one and the era the
  // same. Otherwise false, and turn() comes first.
  bool try_add(time_point now, std::uint32_t era) noexcept {
    if (now.time_since_epoch().count() >= bucket_end_ ||
        era_.load(std::memory_order_relaxed) != era) [[unlikely]] {
      return false;
    }
    bump();
    return true;
  }
  // Owner: moves on to the bucket of `now` and counts one success there.
  void turn_and_add(time_point now, std::uint32_t era, window_grid& grid) noexcept {
    turn(now, era, grid);
    bump();
  }

  // Owner: the successes in its own window, as of the last add.
  std::uint32_t running() const noexcept { return running_; }

  // Anyone: the successes of `era` in the window that ends with `epoch`.
  std::uint64_t total(std::uint64_t epoch, std::uint32_t era, std::uint32_t buckets) const noexcept;
  // Anyone: those in the bucket of one epoch, with `newest` the epoch of now.
  std::uint32_t in_bucket(std::uint64_t epoch, std::uint32_t era, std::uint64_t newest,
                          std::uint32_t buckets) const noexcept;

 private:
  // A bucket: the low five bits of its epoch over a count of 27, which stops at its end (134
  // million successes of one thread in one bucket).
  static constexpr std::uint32_t count_bits = 27;
  static constexpr std::uint32_t count_mask = (1U << count_bits) - 1;
  static constexpr std::uint32_t tag(std::uint64_t epoch) noexcept {
    return static_cast<std::uint32_t>(epoch & 31U) << count_bits;
  }
  static_assert(most_buckets < 32, "a tag must tell the buckets of a window apart");

  void bump() noexcept {
    auto& bucket = buckets_[current_];
    const std::uint32_t word = bucket.load(std::memory_order_relaxed);
    if ((word & count_mask) != count_mask) [[likely]] {
      bucket.store(word + 1, std::memory_order_relaxed);
      ++running_;
    }
  }
  void turn(time_point now, std::uint32_t era, window_grid& grid) noexcept;

  std::int64_t bucket_end_ = std::numeric_limits<std::int64_t>::min();
  std::uint32_t current_ = 0;  // index of the bucket being filled
  std::atomic<std::uint32_t> era_{0};
  std::atomic<std::uint32_t> epoch_{0};  // modulo 2^32
  std::uint32_t running_ = 0;
  std::array<std::atomic<std::uint32_t>, most_buckets> buckets_{};
};

}  // namespace weir::detail
