#pragma once

#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/run/sharing_over_reloads.hpp"

namespace weir::gateway {

// Keeps the circuits that a plan wants shared in touch with those of other processes, over
// reloads. Driven from one thread.
class circuit_sharer {
 public:
  void apply(const plan& p);

 private:
  sharing_over_reloads<shared_circuits> kept_;
};

}  // namespace weir::gateway
