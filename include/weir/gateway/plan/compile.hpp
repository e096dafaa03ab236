#pragma once

#include <memory>

#include "weir/gateway/config/document.hpp"
#include "weir/gateway/config/problem.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/upstream/service.hpp"

namespace weir::gateway {

// Turns a document that was loaded without errors into the plan of the run time. Services come from
// the registry, which keeps their circuits from one configuration to the next; call its commit()
// when the plan is taken into use. So do `rates` with limits; without it all begin anew. Null, with
// the reasons added to `found`, where the machine disagrees: a file of certificates that cannot be
// read, options that contradict each other.
std::shared_ptr<plan> compile(const config::document& of, upstream::service_registry& services,
                              config::problems& found, rate_limits* rates = nullptr);

}  // namespace weir::gateway
