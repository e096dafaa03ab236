#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "weir/resilience/pipeline/layer.hpp"
#include "weir/resilience/problems.hpp"
#include "weir/resilience/retry/retry_budget.hpp"

namespace weir {

// After as long as that share of recent calls took: 0.95 lets one in twenty be hedged.
struct latency_percentile {
  double of = 0.95;                                   // in (0, 1)
  duration unknown = std::chrono::milliseconds(100);  // until `min_calls` are known; above zero
  std::uint32_t min_calls = 20;                       // calls that must be known; at least 1
  // How long a call is remembered, at least half of it; a millisecond or more.
  duration within = std::chrono::seconds(60);
  duration least = std::chrono::milliseconds(1);  // never earlier than this
  friend bool operator==(const latency_percentile&, const latency_percentile&) = default;
};

// When a hedge starts another attempt: a fixed delay (above zero), or a percentile.
using hedge_delay = std::variant<duration, latency_percentile>;

// Of a hedge. Value type; the ranges are checked by validate().
struct hedge_options {
  hedge_delay after = latency_percentile{};  // from the start of the attempt before
  std::uint32_t attempts = 2;                // all of a call, the first included; from 2 to 10
  // Leave for each further attempt; retries may share it. None: no limit, which doubles the load
  // when everything is slow.
  std::optional<retry_budget> budget = retry_budget({.ratio = 0.1, .floor = 1.0});

  option_problems validate() const;
};

// Sends another attempt beside one that is slow, and takes whichever answers first (Dean and
// Barroso, "The Tail at Scale", CACM 2013). The losers are cancelled, which is no failure for the
// breakers inside. A failed attempt starts none: others in flight go on, and when none is left the
// last failure goes outwards, for a retry outside. A call whose facts say that it is not retryable
// is never hedged. What is inside the hedge is entered for each attempt: a breaker there sees each,
// a timeout there limits each. A policy for a pipeline; a handle whose copies share their latencies
// and budget; thread-safe.
class hedge {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit hedge(hedge_options options = {});
  const hedge_options& options() const noexcept;

  // What look() sees, for people and metrics.
  struct view {
    duration delay{};           // after which the next call would be hedged
    std::uint64_t hedges = 0;   // further attempts started
    std::uint64_t wins = 0;     // …that brought the value
    std::uint64_t refused = 0;  // …that the budget did not allow
  };
  view look() const noexcept;

  friend layer_ptr as_layer(const hedge& h);

 private:
  class hedge_layer;
  std::shared_ptr<const hedge_layer> layer_;
};

}  // namespace weir
