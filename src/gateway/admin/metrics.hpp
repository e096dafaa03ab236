#pragma once

#include "weir/base/clock.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/telemetry/exposition.hpp"

// The parts of /metrics that have files of their own.
namespace weir::gateway {

// Bulkheads, adaptive limits, throttles and hedges of services.
void add_limits(telemetry::exposition& out, const plan& p, time_point now);

// Answers of services that are kept.
void add_caches(telemetry::exposition& out, const plan& p);

}  // namespace weir::gateway
