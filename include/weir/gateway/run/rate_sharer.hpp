#pragma once

#include <memory>
#include <set>
#include <string>

#include "weir/gateway/plan/plan.hpp"
#include "weir/sharing/shared_rates.hpp"

namespace weir::gateway {

// Lets the limits that a plan wants shared count together with those of other processes, over
// reloads. Driven from one thread.
class rate_sharer {
 public:
  void apply(const plan& p);

 private:
  std::string server_;  // what the connection was made for
  std::unique_ptr<shared_rates> shared_;
  std::set<std::string> names_;
};

}  // namespace weir::gateway
