#include "weir/resilience/rate_limiter/state.hpp"

#include <algorithm>

namespace weir::detail {
namespace {

constexpr std::int64_t beyond = std::int64_t{1} << 61;  // 73 years in nanoseconds

}  // namespace

gcra::answer gcra::reserve(time_point now, std::uint32_t permits, duration longest_wait) noexcept {
  const std::int64_t at = now.time_since_epoch().count();
  // Decades ahead nobody waits, and the sums below stay within their type.
  if (permits > beyond / interval_) return {false, duration(beyond)};
  const std::int64_t cost = interval_ * permits;
  // More than the bucket holds and the wait brings never comes together, however late they ask.
  if (cost - interval_ - ahead_ > longest_wait.count()) return {false, duration(beyond)};
  std::int64_t was = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t from = std::max(was, at);
    // More than one permit must fit whole; the last of them decides, as if taken one by one.
    const std::int64_t use_at = from + (cost - interval_) - ahead_;
    const duration wait(std::max<std::int64_t>(0, use_at - at));
    if (wait > longest_wait) return {false, wait - longest_wait};
    if (full_at_.compare_exchange_weak(was, from + cost, std::memory_order_relaxed)) {
      return {true, wait};
    }
  }
}

void gcra::cancel(time_point reserved_for, std::uint32_t permits) noexcept {
  // A reservation that had to wait left the number at exactly this.
  std::int64_t mine = reserved_for.time_since_epoch().count() + ahead_ + interval_;
  full_at_.compare_exchange_strong(mine, mine - interval_ * permits, std::memory_order_relaxed);
}

std::uint32_t gcra::available(time_point now) const noexcept {
  const std::int64_t at = now.time_since_epoch().count();
  const std::int64_t from = std::max(full_at_.load(std::memory_order_relaxed), at);
  const std::int64_t room = at + ahead_ - from;
  return room < 0 ? 0 : static_cast<std::uint32_t>(room / interval_ + 1);
}

}  // namespace weir::detail
