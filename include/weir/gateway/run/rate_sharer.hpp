#pragma once

#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/run/sharing_over_reloads.hpp"
#include "weir/sharing/shared_rates.hpp"

namespace weir::gateway {

// Lets the limits that a plan wants shared count together with those of other processes, over
// reloads. Driven from one thread.
class rate_sharer {
 public:
  void apply(const plan& p);

 private:
  sharing_over_reloads<shared_rates> kept_;
};

}  // namespace weir::gateway
