#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/base/clock.hpp"

namespace weir::http {

// How long a body may take: with a least rate, as long as its mean since the start keeps it (judged
// after a first grace, so that one slow packet condemns nobody); without one, a whole time. The
// clock stands still while nobody asks for bytes. A pure value: `now` is told.
class body_rate {
 public:
  body_rate() noexcept = default;
  body_rate(duration whole, std::uint32_t bytes_a_second) noexcept
      : grace_(bytes_a_second == 0 ? whole : std::min<duration>(whole, std::chrono::seconds(5))),
        rate_(bytes_a_second) {}

  void run(time_point now) noexcept {
    if (!running_) since_ = now;
    running_ = true;
  }
  void stop(time_point now) noexcept {
    if (running_) spent_ += now - since_;
    running_ = false;
  }
  bool running() const noexcept { return running_; }

  // When the body is too slow, if no further byte comes. Only while it runs.
  time_point deadline(std::uint64_t received) const noexcept {
    duration allowed = grace_;
    if (rate_ != 0) {
      const std::uint64_t seconds = received / rate_;
      const std::uint64_t rest = received % rate_;
      // Capped at a day: beyond it the sum could overflow, and the deadline is asked for again
      // anyway.
      if (seconds >= 86400) {
        allowed = std::chrono::hours(24);
      } else {
        allowed = std::max(allowed,
                           duration(std::chrono::seconds(seconds)) +
                               duration(std::chrono::nanoseconds(rest * 1'000'000'000U / rate_)));
      }
    }
    return saturating_add(since_, allowed - spent_);
  }

 private:
  duration grace_{};
  std::uint32_t rate_ = 0;
  bool running_ = false;
  duration spent_{};
  time_point since_{};
};

}  // namespace weir::http
