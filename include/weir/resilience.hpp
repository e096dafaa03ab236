#pragma once

// The library of resilience, whole but for what needs Boost (weir/asio.hpp).

#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"
#include "weir/resilience/bulkhead/bulkhead.hpp"
#include "weir/resilience/cache/cache.hpp"
#include "weir/resilience/cache/coalescer.hpp"
#include "weir/resilience/circuit_breaker/breaker_layer.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"
#include "weir/resilience/circuit_breaker/profiles.hpp"
#include "weir/resilience/circuit_breaker/registry.hpp"
#include "weir/resilience/face/guarded.hpp"
#include "weir/resilience/face/run.hpp"
#include "weir/resilience/fallback/fallback.hpp"
#include "weir/resilience/fault_injector/fault_injector.hpp"
#include "weir/resilience/hedge/hedge.hpp"
#include "weir/resilience/pipeline/pipeline.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"
#include "weir/resilience/rate_limiter/rate_limiter.hpp"
#include "weir/resilience/retry/retry.hpp"
#include "weir/resilience/retry/retry_budget.hpp"
#include "weir/resilience/throttler/throttler.hpp"
#include "weir/resilience/timeout/timeout.hpp"
