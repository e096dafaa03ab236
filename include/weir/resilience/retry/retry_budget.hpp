#pragma once

#include <cstdint>
#include <memory>

#include "weir/base/clock.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// Of a retry_budget. Value type; the ranges are checked by validate().
struct retry_budget_options {
  double ratio = 0.2;  // retries for each first attempt, 0 to 1000
  double floor = 1.0;  // retries a second that are always allowed; not negative
  duration within = std::chrono::seconds(10);  // over what both are counted; above zero

  option_problems validate() const;
};

// Keeps retries to a share of the traffic, so that an outage is not answered by a storm: of the
// last `within`, no more retries than ratio × first attempts + floor × seconds. (The idea is
// Finagle's RetryBudget.) Several retries, and hedges, may share one.
//
// A handle: copies share one budget. Thread-safe. A first attempt costs a write to the thread's own
// memory; only a retry takes a lock and sums. The window is cut in twenty, and errs on the careful
// side: a first attempt counts for 19/20 of it at least, a retry for all of it and a twentieth more
// at most.
class retry_budget {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit retry_budget(retry_budget_options options = {});

  void first_attempt(time_point now) const noexcept;
  // Takes leave for one retry, or says that there is none.
  bool try_retry(time_point now) const noexcept;

  // What look() sees, for people and metrics.
  struct view {
    std::uint64_t first_attempts = 0;
    std::uint64_t retries = 0;
    double left = 0;  // retries that would be allowed now
  };
  view look(time_point now) const noexcept;
  const retry_budget_options& options() const noexcept;
  // Tells budgets apart; copies of one have the same.
  const void* id() const noexcept { return shared_.get(); }

  friend bool operator==(const retry_budget&, const retry_budget&) noexcept = default;

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

}  // namespace weir
