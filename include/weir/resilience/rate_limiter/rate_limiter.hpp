#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "weir/base/result.hpp"
#include "weir/resilience/pipeline/layer.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// A token bucket: so many calls within any such time on average, all of them at once if nobody came
// before. `burst` may set the bucket's size apart from `calls`; 0: the same.
struct bursty {
  std::uint32_t calls = 10;                   // at least 1
  duration within = std::chrono::seconds(1);  // above zero, at most a day
  std::uint32_t burst = 0;  // at once; 0: as `calls`; at most 1,000,000, full again within a year
  friend bool operator==(const bursty&, const bursty&) = default;
};

// One call every so often, never two at once, however long it was quiet.
struct smooth {
  duration every = std::chrono::milliseconds(100);  // from a microsecond to a day
  friend bool operator==(const smooth&, const smooth&) = default;
};

// How often calls may start.
using rate = std::variant<bursty, smooth>;

// Of a rate_limiter. Value type; the ranges are checked by validate().
struct rate_limiter_options {
  std::string name = {};  // for reports
  rate allow = bursty{};  // at most a million calls a second
  // A call that would have to wait longer than this for its turn is rejected at once, with
  // retry_after. Zero: none waits. At most a day.
  duration longest_wait = duration::zero();

  // Between two permits. Rounded down to a nanosecond: calls may come a millionth too often.
  duration interval() const noexcept;
  std::uint32_t burst() const noexcept;

  option_problems validate() const;
  friend bool operator==(const rate_limiter_options&, const rate_limiter_options&) = default;
};

// Bounds how often calls start, by GCRA (a token bucket kept as one number): those who wait are
// told their instants in the order they came. A rejection is cause::rejected_rate and says nothing
// about the other side. A call that is cancelled while it waits gives its turn back if nobody
// queued behind it.
//
// A handle: copies share the rate. Thread-safe and lock-free.
class rate_limiter {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit rate_limiter(rate_limiter_options options = {});

  // Leave for `permits` calls at this instant, or none. Never waits.
  result<void, rejection> try_acquire(time_point now, std::uint32_t permits = 1) const noexcept;
  // Leave for `permits` calls after so long (zero: now); the caller keeps to it. Rejected if that
  // would be longer than the longest wait.
  result<duration, rejection> reserve(time_point now, std::uint32_t permits = 1) const noexcept;

  // What look() sees, for people and metrics.
  struct view {
    std::uint32_t available = 0;          // calls that may go at this instant
    duration full_in = duration::zero();  // until the whole burst may
    std::uint64_t admitted = 0;           // permits given since it was made
    std::uint64_t rejected = 0;           // calls
  };
  view look(time_point now) const noexcept;
  const rate_limiter_options& options() const noexcept;

  // For counting together with others (weir::shared_rates does): the bucket is not full before that
  // instant, because they took from it too.
  void catch_up(time_point full_at) const noexcept;

  friend bool operator==(const rate_limiter&, const rate_limiter&) noexcept = default;
  friend layer_ptr as_layer(const rate_limiter& r);

 private:
  class shared;
  class rate_layer;
  std::shared_ptr<shared> shared_;
};

}  // namespace weir
