#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "weir/resilience/cache/state.hpp"

namespace weir {

// Keeps answers for a while, and for a while longer in case the next ones fail. It has a type of
// value, which a pipeline has not, so it stands around one:
//
//   const auto known = cache.get(id, now);
//   if (known.fresh()) return *known.value;
//   auto answer = policy.run(…);
//   if (answer) return cache.put(id, *answer, now), *answer;
//   return known.stale() ? *known.value : fallback;
//
// Store only what is good: a failure, a default or a part of an answer would be served in its
// place. Bounded by the sum of weights; when full, what was not asked for longest goes. A handle:
// copies share the entries. Thread-safe; values are shared and never copied, and none is destroyed
// under the lock.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
class cache {
  using state = detail::cache_state<Key, Value, Hash, Equal>;

 public:
  // Throws std::invalid_argument that names every problem.
  explicit cache(cache_options options = {}) {
    require_valid("cache", options.validate());
    shared_ = std::make_shared<shared>(options);
  }

  cached<Value> get(const Key& key, time_point now) const {
    typename state::entries gone;
    const std::lock_guard lock(shared_->mutex);
    cached<Value> found = shared_->held.get(key, now, gone);
    ++(found.fresh() ? shared_->hits : shared_->misses);
    return found;
  }

  // Keeps it fresh for as long as the options say, or as given (an answer that says so itself).
  // False if it weighs more than the capacity. Replaces what is there of that key.
  bool put(const Key& key, std::shared_ptr<const Value> value, time_point now, duration fresh_for,
           std::size_t weight = 1) const {
    typename state::entries gone;
    const std::lock_guard lock(shared_->mutex);
    return shared_->held.put(key, std::move(value), now, fresh_for, weight, gone);
  }
  bool put(const Key& key, Value value, time_point now) const {
    return put(key, std::make_shared<const Value>(std::move(value)), now, options().fresh_for);
  }

  bool erase(const Key& key) const {
    typename state::entries gone;
    const std::lock_guard lock(shared_->mutex);
    return shared_->held.erase(key, gone);
  }
  void clear() const {
    typename state::entries gone;
    const std::lock_guard lock(shared_->mutex);
    shared_->held.clear(gone);
  }

  // What look() sees, for people and metrics.
  struct view {
    std::size_t entries = 0;
    std::size_t weight = 0;
    std::uint64_t hits = 0;    // fresh, since it was made
    std::uint64_t misses = 0;  // not there, or stale
  };
  view look() const {
    const std::lock_guard lock(shared_->mutex);
    return {shared_->held.size(), shared_->held.weight(), shared_->hits, shared_->misses};
  }
  const cache_options& options() const noexcept { return shared_->held.options(); }

  friend bool operator==(const cache&, const cache&) noexcept = default;

 private:
  struct shared {
    explicit shared(const cache_options& o) : held(o) {}
    std::mutex mutex;
    state held;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  std::shared_ptr<shared> shared_;
};

}  // namespace weir
