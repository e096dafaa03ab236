#pragma once

#include <string>
#include <vector>

#include "weir/base/clock.hpp"

namespace weir::systems::gists {

// What became of one call, and when it was made.
struct sample {
  enum class kind { admitted, failed, ignored, rejected };
  duration at;
  kind how;
};

struct state_change {
  duration at;
  std::string to;  // PASSING, BROKEN, RECOVERING
};

// Calls over time by what became of them, under a band that shows the breaker's state: an SVG.
std::string draw(const std::string& title, const std::vector<sample>& samples,
                 const std::vector<state_change>& states, duration until);

}  // namespace weir::systems::gists
