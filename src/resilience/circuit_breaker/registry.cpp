#include "weir/resilience/circuit_breaker/registry.hpp"

#include <algorithm>

namespace weir {

circuit_breaker circuit_registry::get(circuit_options options) {
  std::unique_lock lock(mutex_);
  if (const auto there = breakers_.find(options.name); there != breakers_.end()) {
    circuit_breaker known = there->second;
    lock.unlock();
    known.reconfigure(std::move(options));
    return known;
  }
  circuit_breaker made(std::move(options));
  breakers_.emplace(made.name(), made);
  const auto watchers = watchers_;
  lock.unlock();
  for (const auto& watch : watchers) watch(made);
  return made;
}

std::optional<circuit_breaker> circuit_registry::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto there = breakers_.find(name);
  if (there == breakers_.end()) return std::nullopt;
  return there->second;
}

void circuit_registry::keep_only(const std::function<bool(const std::string&)>& keep) {
  std::vector<circuit_breaker> gone;  // let go of outside the lock: a listener may go with them
  const std::lock_guard lock(mutex_);
  for (auto b = breakers_.begin(); b != breakers_.end();) {
    if (keep(b->first)) {
      ++b;
    } else {
      gone.push_back(std::move(b->second));
      b = breakers_.erase(b);
    }
  }
}

bool circuit_registry::remove(std::string_view name) {
  std::optional<circuit_breaker> gone;
  const std::lock_guard lock(mutex_);
  const auto there = breakers_.find(name);
  if (there == breakers_.end()) return false;
  gone = std::move(there->second);
  breakers_.erase(there);
  return true;
}

std::vector<circuit_breaker> circuit_registry::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<circuit_breaker> out;
  out.reserve(breakers_.size());
  for (const auto& [name, breaker] : breakers_) out.push_back(breaker);
  return out;
}

std::size_t circuit_registry::size() const {
  const std::lock_guard lock(mutex_);
  return breakers_.size();
}

std::size_t circuit_registry::count(circuit_mode mode, time_point now) const {
  const auto here = all();
  return static_cast<std::size_t>(std::count_if(
      here.begin(), here.end(), [&](const circuit_breaker& b) { return b.state(now) == mode; }));
}

void circuit_registry::on_breaker(const std::function<void(const circuit_breaker&)>& watch) {
  std::vector<circuit_breaker> here;
  {
    const std::lock_guard lock(mutex_);
    watchers_.push_back(watch);
    for (const auto& [name, breaker] : breakers_) here.push_back(breaker);
  }
  for (const auto& b : here) watch(b);
}

circuit_registry& circuit_registry::global() {
  static auto* const registry = new circuit_registry;  // never destroyed: threads may outlive it
  return *registry;
}

}  // namespace weir
