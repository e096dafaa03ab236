#pragma once

#include <cstddef>

#include "weir/base/clock.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// Of a cache. Value type; the ranges are checked by validate().
struct cache_options {
  duration fresh_for = std::chrono::seconds(5);  // an answer is as good as new; above zero
  // …and so much longer it may stand in for an answer that failed (RFC 5861, stale-if-error). Zero:
  // not at all.
  duration stale_if_error = duration::zero();
  // The sum of the entries' weights; each weighs 1 unless put() says otherwise, so this is their
  // number, or bytes for whoever weighs in bytes. None weighs less than 1.
  // At least 1.
  std::size_t capacity = 1000;

  option_problems validate() const;
  friend bool operator==(const cache_options&, const cache_options&) = default;
};

}  // namespace weir
