#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weir/resilience/cache/cache.hpp"
#include "weir/resilience/cache/coalescer.hpp"
#include "weir/upstream/kept_answer.hpp"

namespace weir::upstream {

// What one call got, for those who wait for the same: an answer, or none.
struct shared_end {
  std::shared_ptr<const kept_answer> answer;
  // Why there is none, in the words of who makes the calls. Zero, and no answer: what came is for
  // one alone, and everybody asks by himself.
  int failure = 0;
  duration retry_after = duration::zero();
};

// The answers of one service that are kept, for the whole process, and its calls in flight that
// others may join. Outlives a reload. Thread-safe: one lock, held for a look-up; nothing of an
// answer is copied or destroyed under it.
//
// Bounded by the bytes of all it holds; when full, what was not asked for longest goes.
class answer_cache {
 public:
  using flights = coalescer<std::string, shared_end>;

  explicit answer_cache(std::size_t capacity_bytes);

  // What is known of the key that is still good for this reader, fresh or stale. Null: nothing.
  std::shared_ptr<const kept_answer> find(const std::string& key, const keeping& reader,
                                          time_point now) const;
  // False if it is of no use to the reader at any time to come, or larger than the capacity.
  bool keep(const std::string& key, std::shared_ptr<const kept_answer> answer,
            const keeping& reader, time_point now) const;
  void forget(const std::string& key) const { kept_.erase(key); }

  // Belongs into every key: what was kept before a write to the target is found no more (RFC 9111
  // 4.4), nor what a call that began before it brings. Targets share numbers, a thousandth of them
  // each: a write now and then ends what is kept of another, which is asked for again.
  std::uint32_t writes(std::string_view target) const noexcept {
    return writes_[std::hash<std::string_view>()(target) % writes_.size()].load();
  }
  void written(std::string_view target) noexcept {
    ++writes_[std::hash<std::string_view>()(target) % writes_.size()];
  }

  const flights& in_flight() const noexcept { return flights_; }
  std::size_t capacity() const noexcept { return kept_.options().capacity; }

  enum class use : std::uint8_t {
    hit,        // fresh
    miss,       // the service was asked
    coalesced,  // another's call was joined
    stale,      // stood in for a failure
  };
  static constexpr std::size_t uses = 4;
  void count(use which) noexcept {
    counts_[static_cast<std::size_t>(which)].fetch_add(1, std::memory_order_relaxed);
  }

  struct view {
    std::uint64_t counts[uses];  // by use
    std::size_t entries;
    std::size_t bytes;
  };
  view look() const;

 private:
  cache<std::string, kept_answer> kept_;
  flights flights_;
  std::array<std::atomic<std::uint32_t>, 1024> writes_{};
  std::atomic<std::uint64_t> counts_[uses]{};
};

}  // namespace weir::upstream
