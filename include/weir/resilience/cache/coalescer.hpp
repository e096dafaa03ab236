#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "weir/base/delegate.hpp"
#include "weir/base/intrusive_list.hpp"

namespace weir {

// Makes one call of many equal ones that are in flight at the same time: the first leads and makes
// it, those that come while it runs follow and get what it got. When the leader is gone without a
// result, because it was cancelled, the follower that came last leads in its place, so that one
// caller who gives up does not fail the others. The last, because it has the most patience left:
// if callers give up after a time, the one that waits longest would have next to none, nor would
// its successor, and no call would ever be given the time it takes. What the result is, a value or
// an error, is the user's: Value may be a result<T>. (Go's singleflight is the well-known one.)
//
//   coalescer<std::string, answer>::member mine(flights, key, wake);
//   if (mine.leads()) mine.finish(std::make_shared<const answer>(call()));
//   … after a wake: mine.leads(), or mine.value() is there
//
// A handle: copies share the flights. Thread-safe.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
class coalescer {
  struct flight;
  struct shared;

 public:
  coalescer() : shared_(std::make_shared<shared>()) {}

  // One call in a flight, for as long as it takes part. Stays where it is. Its functions are for
  // one thread at a time; different members may be used by different threads.
  class member : private list_hook<> {
   public:
    // `wake` is called, by any thread and under a lock, when this one has to lead or has its value:
    // it may signal, post or note, and must not call back.
    member(const coalescer& in, Key key, delegate<void()> wake = {})
        : shared_(in.shared_), key_(std::move(key)), wake_(wake) {
      const std::lock_guard lock(shared_->mutex);
      auto [at, made] = shared_->flights.try_emplace(key_);
      if (made) {
        try {
          at->second = std::make_unique<flight>();
        } catch (...) {
          shared_->flights.erase(at);
          throw;
        }
      }
      flight_ = at->second.get();
      if (made) {
        leads_ = true;
      } else {
        flight_->followers.push_back(*this);
      }
    }
    member(const member&) = delete;
    member& operator=(const member&) = delete;
    ~member() {
      const std::lock_guard lock(shared_->mutex);
      if (leads_) {
        pass_on();
      } else {
        this->unlink();
      }
    }

    // It is for this one to make the call, and to finish().
    bool leads() const {
      const std::lock_guard lock(shared_->mutex);
      return leads_;
    }
    // What the leader got; null until then.
    std::shared_ptr<const Value> value() const {
      const std::lock_guard lock(shared_->mutex);
      return value_;
    }
    // The leader has it: everyone who follows gets it, and the next call of that key is made anew.
    // Null, it has none, and the next one leads as if this one had gone. Not the leader's, it does
    // nothing.
    void finish(std::shared_ptr<const Value> value) {
      const std::lock_guard lock(shared_->mutex);
      if (!leads_) return;
      leads_ = false;
      if (!value) {
        pass_on();
        flight_ = nullptr;
        return;
      }
      while (member* const m = flight_->followers.pop_front()) {
        m->value_ = value;
        m->flight_ = nullptr;
        if (m->wake_) m->wake_();
      }
      value_ = std::move(value);
      flight_ = nullptr;
      shared_->flights.erase(key_);
    }

   private:
    friend class intrusive_list<member>;
    friend struct flight;

    void pass_on() {
      if (flight_->followers.empty()) {
        shared_->flights.erase(key_);
        return;
      }
      member& next = flight_->followers.back();
      next.unlink();
      next.leads_ = true;
      if (next.wake_) next.wake_();
    }

    std::shared_ptr<shared> shared_;
    const Key key_;
    delegate<void()> wake_;
    flight* flight_ = nullptr;
    bool leads_ = false;
    std::shared_ptr<const Value> value_;
  };

  // Keys in flight now.
  std::size_t flights() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->flights.size();
  }

 private:
  struct flight {
    intrusive_list<member> followers;  // but for the leader
  };
  struct shared {
    std::mutex mutex;
    std::unordered_map<Key, std::unique_ptr<flight>, Hash, Equal> flights;
  };
  std::shared_ptr<shared> shared_;
};

}  // namespace weir
