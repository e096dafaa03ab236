#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "weir/resilience/pipeline/hedging_layer.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"

namespace weir {

// One run of what is inside a hedge.
struct pipeline_call::branch {
  std::unique_ptr<pipeline_call> call;
  time_point began;
  time_point due = time_point::max();  // when it wants its timer
  bool over = false;
  bool ask = false;   // its timer() is to be called
  bool told = false;  // it was told to stop
};

// The branches of a hedge, while it is racing or closing. What there is to do is read off their
// states each time, so that a driver may be told one thing at a time in whatever order events come.
struct pipeline_call::race {
  static constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

  std::vector<branch> branches;    // in the order of their starts
  std::size_t told_last = nobody;  // whose action the driver is carrying out
  bool won = false;
  bool ended = false;  // some branch did: `how` is the best outcome so far
  outcome how;
  bool left = false;               // of the outermost call: its caller wants no answer any more
  std::optional<verdict> dropped;  // closing: cut short from further out, which says so much
};

}  // namespace weir
