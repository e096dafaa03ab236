#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace interleavings {

// Which store to each location is the oldest that may still be read: what a thread, a store or a
// lock knows of the memory.
class view {
 public:
  std::uint32_t of(std::uint32_t location) const noexcept {
    return location < oldest_.size() ? oldest_[location] : 0;
  }
  void raise(std::uint32_t location, std::uint32_t to) {
    if (oldest_.size() <= location) oldest_.resize(location + 1, 0);
    oldest_[location] = std::max(oldest_[location], to);
  }
  void join(const view& other) {
    for (std::uint32_t i = 0; i < other.oldest_.size(); ++i) {
      if (other.oldest_[i] != 0) raise(i, other.oldest_[i]);
    }
  }
  void clear() noexcept { oldest_.clear(); }

 private:
  std::vector<std::uint32_t> oldest_;
};

constexpr bool acquires(std::memory_order o) noexcept {
  return o != std::memory_order_relaxed && o != std::memory_order_release;
}
constexpr bool releases(std::memory_order o) noexcept {
  return o == std::memory_order_release || o == std::memory_order_acq_rel ||
         o == std::memory_order_seq_cst;
}

// The atomics and locks of one execution, known by their addresses. Each atomic keeps all that was
// ever stored in it, each store with what the storing thread released by it: a load may then read
// any store that is not older than what its thread knows. It is the C++ memory model without stores
// that overtake each other on one location, and without loads that see the future; sequentially
// consistent operations count as acquire and release that read the newest.
class memory {
 public:
  struct store {
    std::uint64_t bits;
    view released;
  };
  struct location {
    std::uint32_t number = 0;
    bool is_lock = false;
    bool dead = false;
    bool locked = false;
    view released;  // by the last unlock
    std::vector<store> stores;
  };

  void clear() noexcept {
    where_.clear();
    used_ = 0;
  }
  void create(const void* at, std::uint64_t bits, bool is_lock = false) {
    if (used_ == all_.size()) all_.emplace_back();
    location& l = all_[used_];
    l.number = used_;
    l.is_lock = is_lock;
    l.dead = l.locked = false;
    l.released.clear();
    l.stores.clear();
    l.stores.push_back({bits, {}});
    where_[at] = used_++;
  }
  void destroy(const void* at) noexcept {
    if (const auto found = where_.find(at); found != where_.end()) all_[found->second].dead = true;
  }
  // What lives longer than an execution (a static lock) is taken in when it is first met.
  location& at(const void* where) {
    auto found = where_.find(where);
    if (found == where_.end()) {
      create(where, 0);
      found = where_.find(where);
    }
    return all_[found->second];
  }
  std::size_t living_locks() const noexcept {
    std::size_t n = 0;
    for (std::uint32_t i = 0; i < used_; ++i) n += all_[i].is_lock && !all_[i].dead ? 1 : 0;
    return n;
  }
  // Knows the newest of everything.
  view newest() const {
    view v;
    for (std::uint32_t i = used_; i-- > 0;) {
      const auto last = static_cast<std::uint32_t>(all_[i].stores.size() - 1);
      if (last != 0) v.raise(i, last);
    }
    return v;
  }

 private:
  std::unordered_map<const void*, std::uint32_t> where_;
  std::vector<location> all_;
  std::uint32_t used_ = 0;
};

}  // namespace interleavings
