#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "weir/resilience/circuit_breaker/events.hpp"

namespace weir::detail {

// The listeners of one circuit and the events on their way to them. Events are queued under the
// circuit's lock, which fixes their order, and delivered outside it by one thread at a time:
// whoever finds the queue not being emptied empties it. The queue is bounded; when it is full the
// oldest event goes, and the next one delivered says how many went.
class event_hub {
 public:
  static constexpr std::size_t capacity = 1024;

  // The caller holds the circuit's lock for all of these…
  std::uint64_t add(circuit_event_mask kinds, circuit_listener listener);
  // Gives what may hold the listener that leaves, to be let go of outside the lock: what a listener
  // holds may use the circuit when it goes.
  std::shared_ptr<const void> remove(std::uint64_t id);
  bool wants(circuit_event_kind k) const noexcept { return wanted_.has(k); }
  bool empty() const noexcept { return queue_.empty(); }
  void push(circuit_event event);

  // …but not for this, which takes it as it needs.
  void deliver(std::mutex& lock);

 private:
  struct entry {
    std::uint64_t id;
    circuit_event_mask kinds;
    circuit_listener call;
  };
  using entries = std::vector<std::shared_ptr<const entry>>;

  void replace(entries list);

  std::shared_ptr<const entries> listeners_;  // replaced, never changed: a delivery keeps its own
  circuit_event_mask wanted_;
  std::deque<circuit_event> queue_;
  std::uint64_t next_id_ = 1;
  bool delivering_ = false;
};

}  // namespace weir::detail
