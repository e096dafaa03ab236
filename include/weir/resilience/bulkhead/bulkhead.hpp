#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "weir/base/result.hpp"
#include "weir/resilience/pipeline/layer.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// Of a bulkhead. Value type; the ranges are checked by validate().
struct bulkhead_options {
  std::string name = {};     // for reports
  std::uint32_t calls = 64;  // at a time; from 1 to 1,000,000
  std::uint32_t queue = 0;   // calls that may wait for a place; 0: none waits; at most 1,000,000
  // A call that waited so long is rejected; its deadline may end it sooner. Above zero.
  duration longest_wait = std::chrono::seconds(1);

  option_problems validate() const;
  friend bool operator==(const bulkhead_options&, const bulkhead_options&) = default;
};

// Bounds how many calls are in flight at a time, so that one slow service cannot take every thread
// and connection there is (Nygard, "Release It!"). First come, first served: a place that comes
// free goes to the call that waits longest, and one that is cancelled while it waits leaves the
// queue. A rejection is cause::rejected_limit and says nothing about the other side. (What Envoy
// calls a circuit breaker is this.)
//
// A handle: copies share the places. Thread-safe; a call takes an uncontended lock twice.
class bulkhead {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit bulkhead(bulkhead_options options = {});

  // A place, given back when destroyed. Movable; keeps the bulkhead alive.
  class place;
  // A place now; never waits, and does not overtake those who do.
  result<place, rejection> try_acquire() const;

  // What look() sees, for people and metrics.
  struct view {
    std::uint32_t in_use = 0;
    std::uint32_t waiting = 0;
    std::uint64_t admitted = 0;  // since it was made
    std::uint64_t rejected = 0;
  };
  view look() const noexcept;
  bulkhead_options options() const;
  // Other sizes while calls go on. Throws like the constructor.
  void reconfigure(bulkhead_options options) const;

  friend bool operator==(const bulkhead&, const bulkhead&) noexcept = default;
  friend layer_ptr as_layer(const bulkhead& b);

 private:
  class shared;
  class bulkhead_layer;
  std::shared_ptr<shared> shared_;
};

// One of the places of a bulkhead, from bulkhead::try_acquire(). Not to be used by two threads at a
// time.
class bulkhead::place {
 public:
  place(place&&) noexcept = default;
  place& operator=(place&& other) noexcept {
    release();
    of_ = std::move(other.of_);
    return *this;
  }
  ~place() { release(); }
  // Gives it back now; later ones do nothing.
  void release() noexcept;

 private:
  friend class bulkhead;
  explicit place(std::shared_ptr<shared> of) noexcept : of_(std::move(of)) {}
  std::shared_ptr<shared> of_;
};

}  // namespace weir
