#pragma once

#include <cstdint>

#include "weir/resilience/outcome.hpp"
#include "weir/resilience/window.hpp"

namespace weir::detail {

// The counts of a throttler and what follows from them. Not thread-safe; knows time only as an
// argument, and chance not at all.
class throttler_state {
 public:
  throttler_state(double factor, duration within, std::uint32_t min_calls) noexcept
      : factor_(factor), min_calls_(min_calls), grid_(within, most_buckets) {}

  // The probability with which a call is to be turned away, in [0, 1).
  double rejecting(time_point now) noexcept {
    const std::uint64_t epoch = grid_.epoch(now);
    const auto requests = static_cast<double>(requests_.total(epoch));
    if (requests < min_calls_) return 0;
    const auto accepts = static_cast<double>(accepts_.total(epoch));
    return std::max(0.0, (requests - factor_ * accepts) / (requests + 1));
  }
  void turned_away(time_point now) { requests_.add(grid_.epoch(now)); }
  void ended(verdict how, time_point now) {
    if (how == verdict::ignored) return;
    requests_.add(grid_.epoch(now));
    if (how == verdict::ok) accepts_.add(grid_.epoch(now));
  }

  std::uint64_t requests(time_point now) noexcept { return requests_.total(grid_.epoch(now)); }
  std::uint64_t accepts(time_point now) noexcept { return accepts_.total(grid_.epoch(now)); }

 private:
  double factor_;
  std::uint32_t min_calls_;
  window_grid grid_;
  bucket_ring requests_{most_buckets};
  bucket_ring accepts_{most_buckets};
};

}  // namespace weir::detail
