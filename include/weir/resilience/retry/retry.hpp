#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "weir/resilience/pipeline/layer.hpp"
#include "weir/resilience/retry/backoff.hpp"
#include "weir/resilience/retry/retry_budget.hpp"

namespace weir {

// Of a retry. Value type; the ranges are checked by validate().
struct retry_options {
  std::uint32_t attempts = 3;               // all tries, the first included; from 1 to 1000
  weir::backoff backoff = exponential{};    // the wait before each retry
  std::optional<retry_budget> budget = {};  // asked before each retry; none: no limit
  // No retry starts later than this after the first attempt; above zero.
  duration longest_total = duration::max();
  bool retry_rejections = false;  // also when a breaker or limit inside turned it away
  std::function<bool(const outcome&)> when = {};  // instead of outcome::retryable

  option_problems validate() const;
};

// Tries again what failed and may be tried again: within the attempts, the budget and the deadline,
// never earlier than the other side asked for (Retry-After). A call whose facts say that it is not
// retryable is tried once. A policy for a pipeline; thread-safe.
class retry {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit retry(retry_options options = {});
  const retry_options& options() const noexcept;
  friend layer_ptr as_layer(const retry& r);

 private:
  class retry_layer;
  std::shared_ptr<const retry_layer> layer_;
};

}  // namespace weir
