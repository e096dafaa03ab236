#include "weir/resilience/adaptive_limit/state.hpp"

#include <algorithm>
#include <cmath>

namespace weir::detail {
namespace {

// A window in which a call was dropped shrinks the limit at least so far.
constexpr double after_a_drop = 0.9;
// One window may halve the limit, and no more.
constexpr double steepest = 0.5;

}  // namespace

adaptive_state::adaptive_state(const adaptive_limit_options& options) noexcept
    : options_(options), limit_(options.initial) {}

bool adaptive_state::try_enter() noexcept {
  if (in_flight_ >= limit()) return false;
  ++in_flight_;
  most_in_flight_ = std::max(most_in_flight_, in_flight_);
  return true;
}

void adaptive_state::leave(time_point began, time_point now, verdict how) noexcept {
  --in_flight_;
  if (measuring_ && measured_from_ == time_point::max() && in_flight_ <= measuring_limit_) {
    measured_from_ = now;
    window_end_ = saturating_add(now, options_.window);
  }
  if (how == verdict::ignored || began < measured_from_) return;
  if (window_end_ == time_point::min()) window_end_ = saturating_add(now, options_.window);
  sum_ += static_cast<double>(std::max(duration::zero(), now - began).count());
  ++samples_;
  dropped_ = dropped_ || how == verdict::failure;
  if (now >= window_end_ && samples_ >= options_.samples) close_window(now);
}

void adaptive_state::close_window(time_point now) noexcept {
  const double recent = sum_ / samples_;
  if (measuring_) {
    measuring_ = false;
    measured_from_ = time_point::min();
    base_ = recent;
    windows_ = 0;
  } else {
    base_ = base_ == 0 ? recent : std::min(base_, recent);
    adjust(recent);
    if (++windows_ >= options_.memory) {
      measuring_ = true;
      measuring_limit_ = std::max<double>(options_.least, std::floor(limit_ / 2));
      measured_from_ = in_flight_ <= measuring_limit_ ? now : time_point::max();
    }
  }
  window_end_ = saturating_add(now, options_.window);
  sum_ = 0;
  samples_ = 0;
  most_in_flight_ = in_flight_;
  dropped_ = false;
}

void adaptive_state::adjust(double recent) noexcept {
  const bool used = 2.0 * most_in_flight_ >= limit_;
  if (!used && !dropped_) return;
  const double gradient =
      recent > 0 ? std::clamp(options_.tolerance * base_ / recent, steepest, 1.0) : 1.0;
  double wanted = limit_ * gradient + std::sqrt(limit_);
  double share = options_.smoothing;
  if (dropped_) {
    wanted = std::min(wanted, limit_) * after_a_drop;
    share = 1.0;
  }
  limit_ = std::clamp(limit_ + (wanted - limit_) * share, static_cast<double>(options_.least),
                      static_cast<double>(options_.most));
}

}  // namespace weir::detail
