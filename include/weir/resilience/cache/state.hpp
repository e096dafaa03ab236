#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

#include "weir/resilience/cache/options.hpp"

namespace weir {

// What a cache knows of a key.
template <class Value>
struct cached {
  enum class age : std::uint8_t { none, fresh, stale };

  age what = age::none;
  std::shared_ptr<const Value> value;  // null for none
  duration old = duration::zero();     // since it was stored

  bool fresh() const noexcept { return what == age::fresh; }
  // Good enough where asking again failed, and only there.
  bool stale() const noexcept { return what == age::stale; }
};

namespace detail {

// A bounded map whose entries grow old; when it is full, the one that was not asked for longest
// goes. Not thread-safe; knows time only as an argument. What it lets go of is handed back rather
// than destroyed, so that no value's destructor runs under a lock.
template <class Key, class Value, class Hash, class Equal>
class cache_state {
 public:
  explicit cache_state(const cache_options& options) : options_(options) {}

  struct entry {
    Key key;
    std::shared_ptr<const Value> value;
    std::size_t weight;
    time_point stored;
    time_point fresh_until;
  };
  using entries = std::list<entry>;  // the one asked for last is in front

  cached<Value> get(const Key& key, time_point now, entries& gone) {
    const auto it = index_.find(key);
    if (it == index_.end()) return {};
    entry& e = *it->second;
    if (now >= saturating_add(e.fresh_until, options_.stale_if_error)) {
      take_out(it, gone);
      return {};
    }
    list_.splice(list_.begin(), list_, it->second);
    return {now < e.fresh_until ? cached<Value>::age::fresh : cached<Value>::age::stale, e.value,
            now - e.stored};
  }

  // False if it is heavier than all the room there is.
  bool put(const Key& key, std::shared_ptr<const Value> value, time_point now, duration fresh_for,
           std::size_t weight, entries& gone) {
    erase(key, gone);
    // Nothing weighs nothing, or there could be any number of it.
    weight = std::max<std::size_t>(weight, 1);
    if (weight > options_.capacity) return false;
    while (weight_ > options_.capacity - weight) take_out(index_.find(list_.back().key), gone);
    list_.push_front({key, std::move(value), weight, now, saturating_add(now, fresh_for)});
    try {
      index_.emplace(key, list_.begin());
    } catch (...) {
      list_.pop_front();
      throw;
    }
    weight_ += weight;
    return true;
  }

  bool erase(const Key& key, entries& gone) {
    const auto it = index_.find(key);
    if (it == index_.end()) return false;
    take_out(it, gone);
    return true;
  }

  void clear(entries& gone) {
    index_.clear();
    gone.splice(gone.end(), list_);
    weight_ = 0;
  }

  std::size_t size() const noexcept { return index_.size(); }
  std::size_t weight() const noexcept { return weight_; }
  const cache_options& options() const noexcept { return options_; }

 private:
  using index = std::unordered_map<Key, typename entries::iterator, Hash, Equal>;

  void take_out(typename index::iterator it, entries& gone) {
    weight_ -= it->second->weight;
    gone.splice(gone.end(), list_, it->second);
    index_.erase(it);
  }

  const cache_options options_;
  entries list_;
  index index_;
  std::size_t weight_ = 0;
};

}  // namespace detail
}  // namespace weir
