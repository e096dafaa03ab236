#include "weir/resilience/rate_limiter/state.hpp"

#include <algorithm>

namespace weir::detail {
namespace {

constexpr std::int64_t beyond = std::int64_t{1} << 61;  // 73 years in nanoseconds

std::int64_t ticks_of(time_point t) noexcept {
  return t.time_since_epoch().count();
}

}  // namespace

gcra_rule::step gcra_rule::take(std::int64_t full_at, time_point now, std::uint32_t permits,
                                duration longest_wait) const noexcept {
  const std::int64_t at = ticks_of(now);
  // Decades ahead nobody waits, and the sums below stay within their type.
  if (permits > beyond / interval_) return {false, duration(beyond), full_at};
  const std::int64_t all = interval_ * permits;
  // More than the bucket holds and the wait brings never comes together, however late they ask.
  if (all - interval_ - ahead_ > longest_wait.count()) return {false, duration(beyond), full_at};
  const std::int64_t from = std::max(full_at, at);
  // More than one permit must fit whole; the last of them decides, as if taken one by one.
  const std::int64_t use_at = from + (all - interval_) - ahead_;
  const duration wait(std::max<std::int64_t>(0, use_at - at));
  if (wait > longest_wait) return {false, wait - longest_wait, full_at};
  return {true, wait, from + all};
}

std::uint32_t gcra_rule::available(std::int64_t full_at, time_point now) const noexcept {
  const std::int64_t at = ticks_of(now);
  const std::int64_t room = at + ahead_ - std::max(full_at, at);
  return room < 0 ? 0 : static_cast<std::uint32_t>(room / interval_ + 1);
}

std::int64_t gcra_rule::cost(std::uint64_t permits) const noexcept {
  const auto most = static_cast<std::uint64_t>(beyond / interval_);
  return interval_ * static_cast<std::int64_t>(std::min(permits, most));
}

gcra::answer gcra::reserve(time_point now, std::uint32_t permits, duration longest_wait) noexcept {
  std::int64_t was = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    const gcra_rule::step s = rule_.take(was, now, permits, longest_wait);
    if (!s.given || full_at_.compare_exchange_weak(was, s.full_at, std::memory_order_relaxed)) {
      return {s.given, s.wait};
    }
  }
}

void gcra::cancel(time_point reserved_for, std::uint32_t permits) noexcept {
  // A reservation that had to wait left the number at exactly this.
  std::int64_t mine = ticks_of(reserved_for) + rule_.ahead() + rule_.interval();
  full_at_.compare_exchange_strong(mine, mine - rule_.interval() * permits,
                                   std::memory_order_relaxed);
}

void gcra::catch_up(time_point full_at) noexcept {
  const std::int64_t at_least = ticks_of(full_at);
  std::int64_t was = full_at_.load(std::memory_order_relaxed);
  while (was < at_least &&
         !full_at_.compare_exchange_weak(was, at_least, std::memory_order_relaxed)) {
  }
}

std::uint32_t gcra::available(time_point now) const noexcept {
  return rule_.available(full_at_.load(std::memory_order_relaxed), now);
}

duration gcra::full_in(time_point now) const noexcept {
  const std::int64_t at = ticks_of(now);
  return duration(std::max(full_at_.load(std::memory_order_relaxed), at) - at);
}

}  // namespace weir::detail
