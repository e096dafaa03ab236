#include "weir/resilience/latency_window.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::detail {

latency_window::latency_window(double of, duration within, std::uint32_t least,
                               duration unknown) noexcept
    : of_(of), half_(within / 2), least_(least), unknown_(unknown), value_(unknown.count()) {}

std::uint32_t latency_window::bucket_of(duration took) noexcept {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(took).count(), 1));
  const auto octave = static_cast<std::uint32_t>(std::bit_width(ns)) - 1;
  if (octave < first_octave) return 0;
  if (octave >= first_octave + octaves) return buckets - 1;
  const auto part = static_cast<std::uint32_t>((ns >> (octave - 4)) & (parts - 1));
  return (octave - first_octave) * parts + part;
}

duration latency_window::end_of(std::uint32_t bucket) noexcept {
  const std::uint32_t octave = first_octave + bucket / parts;
  return std::chrono::nanoseconds((std::int64_t{parts + bucket % parts + 1} << (octave - 4)));
}

void latency_window::record(time_point now, duration took) noexcept {
  const std::lock_guard lock(mutex_);
  if (now >= turn_at_) {
    // After a silence of the whole window, both halves are old.
    const bool stale = turn_at_ != time_point::min() && now >= saturating_add(turn_at_, half_);
    if (turn_at_ != time_point::min()) current_ ^= 1U;
    halves_[current_] = {};
    if (stale) halves_[current_ ^ 1U] = {};
    turn_at_ = saturating_add(now, half_);
    since_ = renewed_every;
  }
  half& h = halves_[current_];
  ++h.counts[bucket_of(took)];
  ++h.total;
  const std::uint64_t held = halves_[0].total + halves_[1].total;
  if (++since_ >= renewed_every || held <= least_) {
    since_ = 0;
    value_.store((held < least_ ? unknown_ : quantile()).count(), std::memory_order_relaxed);
  }
}

duration latency_window::quantile() const noexcept {
  const std::uint64_t held = halves_[0].total + halves_[1].total;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(of_ * static_cast<double>(held)));
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < buckets; ++i) {
    seen += halves_[0].counts[i] + halves_[1].counts[i];
    if (seen >= wanted) return end_of(i);
  }
  return end_of(buckets - 1);
}

std::uint64_t latency_window::records() const noexcept {
  const std::lock_guard lock(mutex_);
  return halves_[0].total + halves_[1].total;
}

}  // namespace weir::detail
