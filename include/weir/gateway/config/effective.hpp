#pragma once

#include <string>

#include "weir/gateway/config/document.hpp"

namespace weir::gateway::config {

// A word of a policy as it counts at one place: the setting, and who says it. None: nobody does.
template <class T>
struct effective {
  const setting<T>* says = nullptr;
  std::string from;  // "the step", "the route", "the service", "the policy `gentle`"

  explicit operator bool() const noexcept { return says != nullptr && says->value.has_value(); }
  const T& operator*() const { return **says; }
  const T* operator->() const { return &**says; }
};

// Step, route, service, the named policy, the policy `default`: the first that says a word counts,
// whole.
struct effective_words {
  effective<duration> timeout;
  effective<duration> attempt_timeout;
  effective<switchable<retry_document>> retry;
  effective<switchable<hedge_document>> hedge;
  effective<switchable<cache_document>> cache;

  bool retries() const { return retry && retry->on.has_value(); }
  bool hedges() const { return hedge && hedge->on.has_value(); }
  bool caches() const { return cache && cache->on.has_value(); }
};

// `step` is null for a proxy, `service` for a computed step.
effective_words words_of(const document& d, const route_document& route, const step_document* step,
                         const service_document* service);

// What belongs to a service and not to who calls it.
struct service_words {
  effective<duration> connect_timeout;
  effective<switchable<breaker_document>> breaker;
  effective<duration> timeout;  // as far as the service and its policies say
  effective<duration> attempt_timeout;
  effective<switchable<retry_document>> retry;
  effective<switchable<bulkhead_document>> bulkhead;
  effective<switchable<rate_limit_document>> rate_limit;
  effective<switchable<adaptive_limit_document>> adaptive_limit;
  effective<switchable<throttle_document>> throttle;
  effective<switchable<cache_document>> cache;

  bool breaks() const { return breaker && breaker->on.has_value(); }
};
service_words words_of(const document& d, const service_document& service);

// The service that a step or a proxy calls, or null.
const named<service_document>* service_of(const document& d, const step_document& step);

// `forward:` as it counts: the step's, the route's, the service's or the file's.
const std::vector<std::string>& forwarded(const document& d, const route_document& route,
                                          const step_document* step,
                                          const service_document* service);

}  // namespace weir::gateway::config
