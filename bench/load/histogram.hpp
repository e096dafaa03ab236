#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

// Latencies in nanoseconds, in buckets whose width is 1/128 of their power of two, so that a
// percentile read back is at most 0.8 % too high whatever its size (the layout of HdrHistogram).
class histogram {
 public:
  void record(std::uint64_t nanoseconds) {
    ++counts_[index(nanoseconds)];
    ++total_;
    sum_ += nanoseconds;
    if (nanoseconds > max_) max_ = nanoseconds;
  }

  std::uint64_t total() const { return total_; }
  std::uint64_t max() const { return max_; }
  double mean() const { return total_ == 0 ? 0.0 : double(sum_) / double(total_); }

  // The upper edge of the bucket that holds the sample of rank ceil(share * total).
  std::uint64_t percentile(double share) const {
    if (total_ == 0) return 0;
    auto rank = static_cast<std::uint64_t>(share * double(total_) + 0.999999);
    if (rank < 1) rank = 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank) return upper(i) < max_ ? upper(i) : max_;
    }
    return max_;
  }

 private:
  static constexpr unsigned bits = 7;
  static constexpr std::uint64_t half = 1u << bits;

  static std::size_t index(std::uint64_t value) {
    const unsigned width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > bits + 1 ? width - (bits + 1) : 0;
    return shift * half + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t upper(std::size_t at) {
    if (at < 2 * half) return at;
    const std::uint64_t shift = at / half - 1;
    return ((at - shift * half + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - bits + 1) * half> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
