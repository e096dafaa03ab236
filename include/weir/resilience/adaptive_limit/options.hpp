#pragma once

#include <cstdint>
#include <string>

#include "weir/base/clock.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// Of an adaptive_limit. Value type; the ranges are checked by validate().
struct adaptive_limit_options {
  std::string name = {};       // for reports
  std::uint32_t initial = 20;  // calls at a time, to begin with
  std::uint32_t least = 1;     // the limit never goes below this, at least 1…
  std::uint32_t most = 1000;   // …nor above this, at most 1,000,000
  // Latency may rise to so many times its base before the limit shrinks; from 1 to 10.
  double tolerance = 1.5;
  // How much of a new limit is taken over at a time, in (0, 1].
  double smoothing = 0.2;
  // After so many sampling windows the base is measured anew, at half the limit; from 2.
  std::uint32_t memory = 100;
  // A sampling window ends after so long, if it holds at least `samples` calls.
  duration window = std::chrono::milliseconds(100);
  std::uint32_t samples = 10;  // at least 1

  option_problems validate() const;
  friend bool operator==(const adaptive_limit_options&, const adaptive_limit_options&) = default;
};

}  // namespace weir
