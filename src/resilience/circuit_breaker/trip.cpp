#include "weir/resilience/circuit_breaker/trip.hpp"

namespace weir::detail {

// Both sides are divisions or literals rounded once, so 3 of 30 meets a threshold of 0.1.
bool reaches(double rate, double threshold, comparison how) noexcept {
  return how == comparison::at_least ? rate >= threshold : rate > threshold;
}

void within_rule::record(const call_record& c, window_grid*) {
  if (!c.failed) return;
  if (!at_) at_ = std::make_unique<time_point[]>(least_);
  at_[next_] = c.now;
  next_ = (next_ + 1) % least_;
  held_ = std::min(held_ + 1, least_);
}

trip_view within_rule::view(time_point now, window_grid*, const success_counts&) noexcept {
  // Forget from the oldest end; the ring is in order of recording.
  while (held_ != 0) {
    const std::uint32_t oldest = (next_ + least_ - held_) % least_;
    if (now - at_[oldest] < within_) break;
    --held_;
  }
  return {held_, held_, -1, held_ >= least_};
}

void ratio_rule::record(const call_record& c, window_grid* grid) {
  const bool slow = c.took > slower_than_;
  if (!c.failed && !slow) return;
  const std::uint64_t epoch = grid->epoch(c.now);
  if (c.failed) failures_.add(epoch);
  if (slow) slow_->add(epoch);
}

trip_view ratio_rule::view(time_point now, window_grid* grid,
                           const success_counts& successes) noexcept {
  const std::uint64_t epoch = grid->epoch(now);
  const std::uint64_t failed = failures_.total(epoch);
  trip_view v;
  v.bad = watches_time() ? slow_->total(epoch) : failed;
  v.calls = failed + successes.successes(window, epoch);
  if (v.calls == 0 || v.calls < min_calls_) return v;
  v.rate = static_cast<double>(v.bad) / static_cast<double>(v.calls);
  v.trips = v.bad != 0 && reaches(v.rate, ratio_, compare_);
  return v;
}

void last_rule::record(const call_record& c, window_grid*) noexcept {
  std::uint64_t& word = bits_[next_ / 64];
  const std::uint64_t bit = std::uint64_t{1} << (next_ % 64);
  if (held_ == size_) {
    failed_ -= (word & bit) != 0 ? 1 : 0;
  } else {
    ++held_;
  }
  word = c.failed ? word | bit : word & ~bit;
  failed_ += c.failed ? 1 : 0;
  next_ = (next_ + 1) % size_;
}

trip_view last_rule::view(time_point, window_grid*, const success_counts&) noexcept {
  trip_view v{failed_, held_, -1, false};
  if (held_ < min_calls_) return v;
  v.rate = static_cast<double>(failed_) / static_cast<double>(held_);
  v.trips = least_failures_ != 0 ? failed_ >= least_failures_
                                 : failed_ != 0 && reaches(v.rate, ratio_, compare_);
  return v;
}

void last_rule::clear() noexcept {
  std::fill(bits_.begin(), bits_.end(), 0);
  next_ = held_ = failed_ = 0;
}

void bucket_rule::record(const call_record& c, window_grid*) {
  const std::int64_t n = number(c.started());
  if (buckets_.empty() || buckets_.back().number < n) {
    if (buckets_.size() == count) buckets_.erase(buckets_.begin());
    buckets_.push_back({n, 0, 0});
  }
  for (auto b = buckets_.rbegin(); b != buckets_.rend() && b->number >= n; ++b) {
    if (b->number != n) continue;
    ++b->calls;
    b->failed += c.failed ? 1 : 0;
  }
}

double bucket_rule::share(time_point now) const noexcept {
  const std::int64_t oldest = number(now) - count;
  int held = 0;
  int bad_ones = 0;
  for (const bucket& b : buckets_) {
    if (b.number < oldest) continue;
    ++held;
    bad_ones += bad(b) ? 1 : 0;
  }
  return held == 0 ? 0 : static_cast<double>(bad_ones) / held;
}

trip_view bucket_rule::view(time_point now, window_grid*, const success_counts&) noexcept {
  const std::int64_t oldest = number(now) - count;
  trip_view v;
  v.rate = share(now);
  std::int64_t held = 0;
  for (const bucket& b : buckets_) {
    if (b.number < oldest) continue;
    ++held;
    v.bad += b.failed;
    v.calls += b.calls;
  }
  v.trips = held == count && v.rate >= 1;
  return v;
}

}  // namespace weir::detail
