#include "weir/resilience/circuit_breaker/event_hub.hpp"

#include <utility>

namespace weir::detail {

std::uint64_t event_hub::add(circuit_event_mask kinds, circuit_listener listener) {
  entries list = listeners_ ? *listeners_ : entries{};
  const std::uint64_t id = next_id_++;
  list.push_back(std::make_shared<const entry>(entry{id, kinds, std::move(listener)}));
  replace(std::move(list));
  return id;
}

std::shared_ptr<const void> event_hub::remove(std::uint64_t id) {
  if (!listeners_) return nullptr;
  const std::shared_ptr<const entries> former = listeners_;
  entries list = *former;
  std::erase_if(list, [id](const auto& e) { return e->id == id; });
  replace(std::move(list));
  return former;
}

void event_hub::replace(entries list) {
  wanted_ = {};
  for (const auto& e : list) wanted_ = wanted_ | e->kinds;
  listeners_ = list.empty() ? nullptr : std::make_shared<const entries>(std::move(list));
}

void event_hub::push(circuit_event event) {
  if (!wants(event.kind)) return;
  if (queue_.size() == capacity) {
    const std::uint64_t lost = 1 + queue_.front().lost_before;
    queue_.pop_front();
    queue_.front().lost_before += lost;
  }
  queue_.push_back(std::move(event));
}

void event_hub::deliver(std::mutex& lock) {
  std::unique_lock guard(lock);
  if (delivering_) return;
  delivering_ = true;
  while (!queue_.empty()) {
    const circuit_event event = std::move(queue_.front());
    queue_.pop_front();
    std::shared_ptr<const entries> to = listeners_;
    guard.unlock();
    if (to) {
      for (const auto& e : *to) {
        if (!e->kinds.has(event.kind)) continue;
        try {
          e->call(event);
        } catch (...) {
          // A listener's trouble is not the call's, nor that of the listeners after it.
        }
      }
    }
    to.reset();  // the last of a listener that has left meanwhile, perhaps
    guard.lock();
  }
  delivering_ = false;
}

}  // namespace weir::detail
