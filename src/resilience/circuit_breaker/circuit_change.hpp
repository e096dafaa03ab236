#pragma once

#include <mutex>
#include <utility>

#include "weir/resilience/circuit_breaker/circuit.hpp"

namespace weir::detail {

// Changes the state under the lock; what comes of it is told outside.
template <class Change>
void circuit::change(Change&& how) {
  std::unique_lock lock(mutex_);
  std::forward<Change>(how)();
  post_transitions();
  publish();
  const bool news = has_news();
  lock.unlock();
  if (news) hub_->deliver(mutex_);
}

}  // namespace weir::detail
