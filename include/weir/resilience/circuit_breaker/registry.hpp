#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir {

// The breakers of a program by their names. Thread-safe. Holds a handle of each, so a circuit lives
// at least as long as it is here.
class circuit_registry {
 public:
  // The breaker of that name (options.name): the one that is here, brought to these options with
  // its state kept, or a new one. Throws as circuit_breaker does.
  circuit_breaker get(circuit_options options);
  std::optional<circuit_breaker> find(std::string_view name) const;
  // Lets go of those whose name does not satisfy `keep`: after a reload, of what is configured no
  // more. Who still holds a handle keeps it.
  void keep_only(const std::function<bool(const std::string&)>& keep);
  bool remove(std::string_view name);

  // In the order of their names.
  std::vector<circuit_breaker> all() const;
  std::size_t size() const;
  // How many are in that state at that instant.
  std::size_t count(circuit_mode mode, time_point now) const;

  // Called once for every breaker that is here or comes later, outside the registry's lock: the
  // place to add listeners.
  void on_breaker(const std::function<void(const circuit_breaker&)>& watch);

  // The one of the process, for programs that want one.
  static circuit_registry& global();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, circuit_breaker, std::less<>> breakers_;
  std::vector<std::function<void(const circuit_breaker&)>> watchers_;
};

}  // namespace weir
