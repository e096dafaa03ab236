#pragma once

#include <cstdint>
#include <stop_token>
#include <utility>

#include "weir/base/clock.hpp"
#include "weir/base/deadline.hpp"

namespace weir {

// What an attempt is told: by when it should be done, and whether anybody still waits for it.
// Cancellation is cooperative: long work asks cancelled() now and then, I/O is given deadline().
// Lives as long as the attempt; cancelled() may be asked by any thread.
class context {
 public:
  context(const clock_source& time, weir::deadline until, std::stop_token stop,
          std::uint32_t attempt) noexcept
      : time_(&time), until_(until), stop_(std::move(stop)), attempt_(attempt) {}

  // The earliest of all that apply: the caller's, the pipeline's time-outs.
  weir::deadline deadline() const noexcept { return until_; }
  // duration::max() where there is no deadline; never negative.
  duration remaining() const noexcept {
    return until_.is_never() ? duration::max() : until_.remaining(now());
  }
  // Nobody needs the answer any more: the caller gave up, or the deadline is over.
  bool cancelled() const noexcept {
    return stop_.stop_requested() || (!until_.is_never() && until_.expired(now()));
  }
  // For callbacks and for waits that take one: std::condition_variable_any, std::jthread.
  const std::stop_token& stop() const noexcept { return stop_; }
  // 1, 2, …
  std::uint32_t attempt() const noexcept { return attempt_; }

  time_point now() const noexcept { return time_->now(); }
  const clock_source& time() const noexcept { return *time_; }

 private:
  const clock_source* time_;
  weir::deadline until_;
  std::stop_token stop_;
  std::uint32_t attempt_;
};

}  // namespace weir
