#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "weir/base/random.hpp"
#include "weir/base/result.hpp"
#include "weir/resilience/pipeline/layer.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// Of a throttler. Value type; the ranges are checked by validate().
struct throttler_options {
  std::string name = {};  // for reports
  // So many calls are sent for each that is served; from 1 (turns away as many as fail) to 100. The
  // rest of them tell when the other side is better.
  double factor = 2.0;
  duration within = std::chrono::minutes(2);  // what is remembered; above zero
  std::uint32_t min_calls = 10;               // fewer calls in the window: none is turned away

  option_problems validate() const;
  friend bool operator==(const throttler_options&, const throttler_options&) = default;
};

// Turns calls away by chance, the more of them the more of those sent fail, so that an overloaded
// service is asked about as often as it can answer: with probability
// max(0, (requests − factor · accepts) / (requests + 1)), where requests counts the calls turned
// away too (Beyer et al., "Site Reliability Engineering", chapter 21, client-side throttling).
// Unlike a breaker it never closes whole. Success accepts; ignored calls count as neither. A
// rejection is cause::rejected_limit and says nothing about the other side.
//
// The window is twenty buckets: what is older than 19/20 of it may be forgotten. A handle: copies
// share the counts. Thread-safe; a call takes an uncontended lock twice.
class throttler {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit throttler(throttler_options options = {});

  // Whether this call may go; if so, its verdict must follow by record().
  bool try_acquire(time_point now, random_source& random = thread_random()) const;
  void record(verdict how, time_point now) const;

  // What look() sees, for people and metrics.
  struct view {
    std::uint64_t requests = 0;  // in the window, those turned away with them
    std::uint64_t accepts = 0;
    double rejecting = 0;  // the probability, in [0, 1)
  };
  view look(time_point now) const;
  const throttler_options& options() const noexcept;

  friend bool operator==(const throttler&, const throttler&) noexcept = default;
  friend layer_ptr as_layer(const throttler& t);

 private:
  class shared;
  class throttler_layer;
  std::shared_ptr<shared> shared_;
};

}  // namespace weir
