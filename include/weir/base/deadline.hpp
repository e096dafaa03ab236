#pragma once

#include <algorithm>

#include "weir/base/clock.hpp"

namespace weir {

// The instant by which work must be done. Passed down instead of time-outs, because a child can
// then only shrink what its parent left it. The instant itself is already too late.
class deadline {
 public:
  static constexpr deadline never() noexcept { return deadline(time_point::max()); }
  static constexpr deadline at(time_point when) noexcept { return deadline(when); }
  static constexpr deadline after(time_point now, duration allowed) noexcept {
    return deadline(saturating_add(now, allowed));
  }
  static constexpr deadline earlier(deadline a, deadline b) noexcept {
    return deadline(std::min(a.when_, b.when_));
  }

  constexpr deadline() noexcept = default;

  constexpr time_point when() const noexcept { return when_; }
  constexpr bool is_never() const noexcept { return when_ == time_point::max(); }
  constexpr bool expired(time_point now) const noexcept { return now >= when_; }

  // What is left: never negative; duration::max() where there is no limit.
  constexpr duration remaining(time_point now) const noexcept {
    if (is_never()) return duration::max();
    return expired(now) ? duration::zero() : when_ - now;
  }

  friend constexpr auto operator<=>(deadline, deadline) noexcept = default;

 private:
  explicit constexpr deadline(time_point when) noexcept : when_(when) {}

  time_point when_ = time_point::max();
};

}  // namespace weir
