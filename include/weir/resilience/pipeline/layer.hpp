#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/base/clock.hpp"
#include "weir/base/deadline.hpp"
#include "weir/base/delegate.hpp"
#include "weir/base/random.hpp"
#include "weir/resilience/fallback/fallback_source.hpp"
#include "weir/resilience/outcome.hpp"

namespace weir {

// What is known of a call before it starts.
struct call_facts {
  deadline until = deadline::never();  // the caller's own: being cut by it is no failure of the
                                       // other side, unless…
  bool until_is_configured = false;    // …the deadline is a setting as a timeout is
  bool retryable = true;               // sending it twice does no harm
  verdict timeouts_count = verdict::failure;  // what a time-out that was set says of the other side
  // Called, by any thread, when a call that waits for its turn should be asked again (timer()). It
  // is called under a policy's lock, so that it never comes once the call has left the queue: it
  // may signal, post or note, and must not call into the pipeline. Without it a waiting call asks
  // again by itself every few milliseconds.
  delegate<void()> wake = {};
};

// The budgets that a call was counted in as a first attempt: a retry and a hedge of one pipeline
// may share one, and a call is to be counted once. Beyond two different ones it may count again.
class counted_budgets {
 public:
  // True if it was not counted there before; from then on it is.
  bool count(const void* budget) noexcept {
    for (const void*& seen : seen_) {
      if (seen == budget) return false;
      if (!seen) {
        seen = budget;
        return true;
      }
    }
    return true;
  }

 private:
  const void* seen_[2] = {};
};

// The most a call can cost: attempts sent, and time, duration::max() if nothing limits it.
struct worst_case {
  std::uint64_t attempts = 1;
  duration time = duration::max();
  friend bool operator==(const worst_case&, const worst_case&) = default;
};

// What a policy is in a pipeline: it is asked when a call comes in and when its outcome comes out.
// It holds no state of a call itself: that is in the call's slot for it. Immutable but for the
// shared policy behind it (a breaker's circuit, a budget), and thread-safe.
class layer {
 public:
  // The state of one call in one layer: made by enter(), gone when the layer is left. Small, so
  // that a call of a usual pipeline allocates nothing.
  class slot {
   public:
    static constexpr std::size_t bytes = 48;
    template <class T, class... Args>
    T& make(Args&&... args) {
      static_assert(sizeof(T) <= bytes && alignof(T) <= alignof(std::max_align_t));
      return *::new (memory_) T(std::forward<Args>(args)...);
    }
    template <class T>
    T& as() noexcept {
      return *std::launder(reinterpret_cast<T*>(memory_));
    }
    template <class T>
    void destroy() noexcept {
      std::destroy_at(&as<T>());
    }

   private:
    alignas(std::max_align_t) std::byte memory_[bytes];
  };

  // What a layer is told of the call that goes through it.
  struct context {
    time_point now;
    deadline until;  // enter() may bring it forward for what is inside; the machine then watches it
    const call_facts& facts;
    random_source& random;
    counted_budgets& counted;
    bool substituted = false;  // leave() put another value in the place of the call's
  };

  // What to do next.
  struct decision {
    enum class kind : std::uint8_t {
      proceed,  // on to the next layer, inwards from enter(), outwards from leave()
      finish,   // from enter(): turn back here, with the outcome given; the slot is empty
      wait,     // ask again (resume) at `at`, or when woken
    };
    kind what = kind::proceed;
    time_point at = time_point::max();

    static decision proceed() noexcept { return {}; }
    static decision finish() noexcept { return {kind::finish}; }
    // From leave(): once more inwards from here, now or at that time.
    static decision wait(time_point until) noexcept { return {kind::wait, until}; }
  };

  layer() = default;
  layer(const layer&) = delete;
  layer& operator=(const layer&) = delete;
  virtual ~layer() = default;

  // A call comes in.
  virtual decision enter(slot& s, context& c, outcome& turned_back) const = 0;
  // The wait that enter() or leave() asked for is over, or somebody called: wait on, or proceed
  // inwards, or finish.
  virtual decision resume(slot& s, context& c, outcome& turned_back) const;
  // What is inside ended so; or, while this layer waits, the call is cut short. proceed: the
  // outcome, changed or not, goes outwards; the slot is empty.
  virtual decision leave(slot& s, context& c, outcome& how) const = 0;
  // A layer further out cut the call short; `how` is what that says about the other side. Empties
  // the slot.
  virtual void abandon(slot& s, const context& c, verdict how) const noexcept = 0;

  // "retry: 3 attempts, 50ms..1s"
  virtual std::string text() const = 0;
  virtual worst_case worst(worst_case inside) const { return inside; }

  enum class role : std::uint8_t {
    other,
    fallback,
    retry,
    timeout,
    breaker,
    hedge,      // a hedging_layer, and nothing else says so
    bulkhead,   // concurrency: a place is held for as long as what is inside takes
    rate,       // how often, however long it takes
    adaptive,   // concurrency, the limit found by itself
    throttler,  // turns away by chance
  };
  virtual role what() const noexcept { return role::other; }
  // Where this layer's fallback values come from; null: it has none.
  virtual const fallback_source* values() const noexcept { return nullptr; }
};

// How pipelines share a layer.
using layer_ptr = std::shared_ptr<const layer>;

}  // namespace weir
