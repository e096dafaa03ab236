#pragma once

#include <cstdint>

#include "weir/base/clock.hpp"
#include "weir/resilience/adaptive_limit/options.hpp"
#include "weir/resilience/outcome.hpp"

namespace weir::detail {

// A concurrency limit that finds itself, as a pure state. The gradient algorithm of Netflix's
// concurrency-limits with the measured base of Envoy's adaptive concurrency filter: over each
// sampling window the mean latency is compared with the base, the latency without a queue. As long
// as it is no more than `tolerance` times that, the limit may grow by its square root; beyond, it
// shrinks in proportion. A window in which a call failed shrinks it by a tenth besides. It only
// grows where it is used: while less than half of it is in flight, latency says nothing about what
// more would do.
//
// The base is the lowest mean seen. Every `memory` windows it is measured anew with half the limit,
// in calls that begin once no more than that are in flight: an average would take a standing queue
// for the norm in time, and a lowest value would never learn that the service has become slower.
//
// Not thread-safe; knows time only as an argument.
class adaptive_state {
 public:
  explicit adaptive_state(const adaptive_limit_options& options) noexcept;

  bool try_enter() noexcept;
  // A call that began then ended so. Ignored ones give back their place and tell nothing.
  void leave(time_point began, time_point now, verdict how) noexcept;

  std::uint32_t limit() const noexcept {
    return static_cast<std::uint32_t>(measuring_ ? measuring_limit_ : limit_);
  }
  std::uint32_t in_flight() const noexcept { return in_flight_; }
  duration base() const noexcept { return duration(static_cast<duration::rep>(base_)); }

 private:
  void close_window(time_point now) noexcept;
  void adjust(double recent) noexcept;

  adaptive_limit_options options_;
  double limit_;
  double base_ = 0;            // nanoseconds; 0: not known yet
  std::uint32_t windows_ = 0;  // since the base was measured
  bool measuring_ = false;
  double measuring_limit_ = 0;
  time_point measured_from_ = time_point::min();  // calls that began earlier met a queue
  std::uint32_t in_flight_ = 0;

  // The window that is being sampled.
  time_point window_end_ = time_point::min();
  double sum_ = 0;
  std::uint32_t samples_ = 0;
  std::uint32_t most_in_flight_ = 0;
  bool dropped_ = false;
};

}  // namespace weir::detail
