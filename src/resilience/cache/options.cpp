#include "weir/resilience/cache/options.hpp"

namespace weir {

option_problems cache_options::validate() const {
  option_problems found;
  if (fresh_for <= duration::zero()) found.push_back({"fresh_for", "must be above zero"});
  if (stale_if_error < duration::zero()) found.push_back({"stale_if_error", "cannot be negative"});
  if (capacity == 0) found.push_back({"capacity", "must be at least 1"});
  return found;
}

}  // namespace weir
