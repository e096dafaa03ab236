#include "weir/resilience/window.hpp"

namespace weir::detail {

void bucket_ring::add(std::uint64_t epoch) {
  if (!counts_) {
    counts_ = std::make_unique<std::uint32_t[]>(buckets_);
    epoch_ = epoch;
  }
  turn_to(epoch);
  // An `epoch` older than the newest belongs to a thread that lags: its mark counts in the newest
  // bucket, and so stays a little longer.
  ++counts_[epoch_ % buckets_];
  ++total_;
}

std::uint64_t bucket_ring::total(std::uint64_t epoch) noexcept {
  if (counts_) turn_to(epoch);
  return total_;
}

std::uint32_t bucket_ring::in_bucket(std::uint64_t epoch) const noexcept {
  if (!counts_ || epoch > epoch_ || epoch_ - epoch >= buckets_) return 0;
  return counts_[epoch % buckets_];
}

void bucket_ring::clear() noexcept {
  if (counts_) std::fill_n(counts_.get(), buckets_, 0U);
  total_ = 0;
}

void bucket_ring::turn_to(std::uint64_t epoch) noexcept {
  if (epoch <= epoch_) return;
  if (epoch - epoch_ >= buckets_) {
    clear();
  } else {
    for (std::uint64_t e = epoch_ + 1; e <= epoch; ++e) {
      std::uint32_t& count = counts_[e % buckets_];
      total_ -= count;
      count = 0;
    }
  }
  epoch_ = epoch;
}

void window_shard::turn(time_point now, std::uint32_t era, window_grid& grid) noexcept {
  const std::uint32_t buckets = grid.buckets();
  const std::uint64_t epoch = grid.epoch(now);
  const auto last = epoch_.load(std::memory_order_relaxed);
  const auto ahead = static_cast<std::int32_t>(static_cast<std::uint32_t>(epoch) - last);
  const bool fresh = era_.load(std::memory_order_relaxed) != era;
  // By the clock: after 2^32 buckets of silence the epochs look alike again.
  const bool stale = bucket_end_ <= (now - grid.within()).time_since_epoch().count();
  // Void while it is rebuilt: a reader that comes now sees none of it rather than a mixture.
  if (fresh) era_.store(0, std::memory_order_release);
  if (fresh || stale || ahead < 0 || ahead >= static_cast<std::int32_t>(buckets)) {
    for (std::uint32_t i = 0; i < buckets; ++i) {
      const std::uint64_t e = epoch - i;
      buckets_[e % buckets].store(tag(e), std::memory_order_relaxed);
    }
    running_ = 0;
  } else {
    for (std::uint64_t e = epoch - static_cast<std::uint32_t>(ahead) + 1; e <= epoch; ++e) {
      auto& bucket = buckets_[e % buckets];
      running_ -= bucket.load(std::memory_order_relaxed) & count_mask;
      bucket.store(tag(e), std::memory_order_relaxed);
    }
  }
  // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): every grid has a bucket
  current_ = static_cast<std::uint32_t>(epoch % buckets);
  bucket_end_ = grid.bucket_end(now).time_since_epoch().count();
  epoch_.store(static_cast<std::uint32_t>(epoch), std::memory_order_release);
  if (fresh) era_.store(era, std::memory_order_release);
}

std::uint64_t window_shard::total(std::uint64_t epoch, std::uint32_t era,
                                  std::uint32_t buckets) const noexcept {
  if (era_.load(std::memory_order_acquire) != era) return 0;
  const auto behind = static_cast<std::int32_t>(static_cast<std::uint32_t>(epoch) -
                                                epoch_.load(std::memory_order_acquire));
  if (behind >= static_cast<std::int32_t>(buckets)) return 0;
  // A shard whose owner is ahead of the reader is read at its own newest bucket.
  std::uint64_t e = epoch - static_cast<std::uint64_t>(static_cast<std::int64_t>(behind));
  const std::uint32_t live = buckets - static_cast<std::uint32_t>(std::max(behind, 0));
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < live; ++i, --e) {
    const std::uint32_t word = buckets_[e % buckets].load(std::memory_order_relaxed);
    if ((word & ~count_mask) == tag(e)) sum += word & count_mask;
  }
  return sum;
}

std::uint32_t window_shard::in_bucket(std::uint64_t epoch, std::uint32_t era, std::uint64_t newest,
                                      std::uint32_t buckets) const noexcept {
  if (era_.load(std::memory_order_acquire) != era) return 0;
  const auto behind = static_cast<std::int32_t>(static_cast<std::uint32_t>(newest) -
                                                epoch_.load(std::memory_order_acquire));
  // Not refreshed since that bucket began to be another's.
  const auto age = static_cast<std::int64_t>(newest - epoch);
  if (age < behind || age >= behind + static_cast<std::int64_t>(buckets)) return 0;
  const std::uint32_t word = buckets_[epoch % buckets].load(std::memory_order_relaxed);
  return (word & ~count_mask) == tag(epoch) ? word & count_mask : 0;
}

}  // namespace weir::detail
