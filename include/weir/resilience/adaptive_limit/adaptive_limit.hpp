#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "weir/base/result.hpp"
#include "weir/resilience/adaptive_limit/options.hpp"
#include "weir/resilience/pipeline/layer.hpp"

namespace weir {

// Bounds how many calls are in flight at a time, and finds the bound by itself from how latency
// answers to load (detail::adaptive_state tells how). What is over it is rejected at once, without
// a queue: cause::rejected_limit, which says nothing about the other side. Give it calls of one
// kind: a mixture of quick and slow ones looks like a change of latency.
//
// A handle: copies share the limit. Thread-safe; a call takes an uncontended lock twice.
class adaptive_limit {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit adaptive_limit(adaptive_limit_options options = {});

  // Leave for one call. The first verdict wins; destroyed without one it is ignored. Movable; keeps
  // the limit alive.
  class ticket;
  result<ticket, rejection> try_acquire(time_point now) const;

  // What look() sees, for people and metrics.
  struct view {
    std::uint32_t limit = 0;
    std::uint32_t in_flight = 0;
    duration base{};             // the latency without a queue, zero while it is not known
    std::uint64_t admitted = 0;  // since it was made
    std::uint64_t rejected = 0;
  };
  view look() const noexcept;
  const adaptive_limit_options& options() const noexcept;

  friend bool operator==(const adaptive_limit&, const adaptive_limit&) noexcept = default;
  friend layer_ptr as_layer(const adaptive_limit& l);

 private:
  class shared;
  class adaptive_layer;
  std::shared_ptr<shared> shared_;
};

// Leave for one call, from adaptive_limit::try_acquire(). Its latency is from there to the verdict.
// Not to be used by two threads at a time.
class adaptive_limit::ticket {
 public:
  ticket(ticket&&) noexcept = default;
  ticket& operator=(ticket&& other) noexcept {
    if (this != &other) {
      record(verdict::ignored, began_);
      of_ = std::move(other.of_);
      began_ = other.began_;
    }
    return *this;
  }
  ~ticket() { record(verdict::ignored, began_); }

  void succeed(time_point now) noexcept { record(verdict::ok, now); }
  void fail(time_point now) noexcept { record(verdict::failure, now); }
  void ignore(time_point now) noexcept { record(verdict::ignored, now); }
  void record(verdict how, time_point now) noexcept;

 private:
  friend class adaptive_limit;
  ticket(std::shared_ptr<shared> of, time_point began) noexcept
      : of_(std::move(of)), began_(began) {}
  std::shared_ptr<shared> of_;
  time_point began_;
};

}  // namespace weir
