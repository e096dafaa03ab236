#pragma once

#include <array>
#include <cstdint>

#include "weir/base/clock.hpp"

namespace weir::telemetry {

// Counts durations in the buckets that OpenTelemetry gives for HTTP, in seconds. A plain value:
// each worker has its own and a scrape adds copies up, so recording takes no atomic operation.
struct histogram {
  static constexpr std::array<double, 14> bounds = {.005, .01, .025, .05, .075, .1,  .25,
                                                    .5,   .75, 1,    2.5, 5,    7.5, 10};
  std::array<std::uint64_t, bounds.size() + 1> buckets{};  // each alone, not cumulative
  std::uint64_t count = 0;
  double sum = 0;  // seconds

  void record(duration took) noexcept;
  void add(const histogram& other) noexcept;
};

}  // namespace weir::telemetry
