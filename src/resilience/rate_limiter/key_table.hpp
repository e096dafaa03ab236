#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/resilience/rate_limiter/state.hpp"

namespace weir::detail {

// The buckets of many keys, in a bounded table with open addressing. A bucket that is full again is
// as good as none, so it is dropped when room is wanted. Where there is no such, the one that is
// nearest to full makes way, and its key begins anew: a stranger is never turned away because the
// table is full. Not thread-safe.
class key_table {
 public:
  struct bucket {
    std::uint64_t key = 0;
    std::int64_t full_at = gcra_rule::untouched;  // untouched: the place is free
    std::uint32_t untold = 0;                     // admitted, and not yet in take_used()
  };

  // `secret`: nobody outside knows where a key goes, so nobody can heap keys up in one place.
  key_table(std::size_t most, std::uint64_t secret) noexcept
      : most_(most), secret_(secret), odd_(secret * 2 + 1) {}

  bucket* find(std::uint64_t key) noexcept;
  // That of the key; a full one where it has none. Valid until the next call.
  bucket& of(std::uint64_t key, time_point now);

  std::size_t size() const noexcept { return size_; }
  std::uint64_t forgotten() const noexcept { return forgotten_; }  // that were not yet full again

 private:
  std::size_t home(std::uint64_t key) const noexcept;
  std::size_t next(std::size_t place) const noexcept { return (place + 1) & (places_.size() - 1); }
  static bool free(const bucket& b) noexcept { return b.full_at == gcra_rule::untouched; }
  std::size_t place_of(std::uint64_t key) const noexcept;
  void rebuild(std::int64_t now);
  void make_room(std::int64_t now) noexcept;
  void erase(std::size_t place) noexcept;

  std::size_t most_;
  std::uint64_t secret_;
  std::uint64_t odd_;
  std::vector<bucket> places_;  // a power of two of them, at most half taken
  std::size_t size_ = 0;
  std::size_t hand_ = 0;  // where make_room() looks next
  std::uint64_t forgotten_ = 0;
};

}  // namespace weir::detail
