// The policies of one call, outermost first.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "compiler.hpp"
#include "weir/resilience/hedge/hedge.hpp"

namespace weir::gateway {
namespace {

backoff backoff_of(const config::retry_document& r) {
  using namespace std::chrono_literals;
  const bool spread = !r.jitter || *r.jitter;
  const jitter how = spread ? jitter::full : jitter::none;
  if (!r.backoff) return exponential{.first = 25ms, .longest = 250ms, .spread = how};
  if (r.backoff->constant) return constant{.delay = r.backoff->from, .spread = how};
  return exponential{.first = r.backoff->from, .longest = r.backoff->to, .spread = how};
}

bool retries_method(const config::retry_document& r, http::method verb) {
  if (!r.methods) return true;
  return std::any_of(r.methods->begin(), r.methods->end(), [&](config::verb v) {
    return http::parse_method(config::token_of(v)) == verb;
  });
}

retry_rules rules_of(const config::retry_document& r) {
  if (!r.on) return {};
  return {.connect = r.on->connect, .timeout = r.on->timeout, .statuses = r.on->statuses};
}

// A connection that was not made in time belongs to `connect`.
bool but_for_timeouts(const weir::outcome& how) {
  return how.retryable && how.why != weir::cause::timeout &&
         how.why != weir::cause::response_timeout;
}

void add_retry(std::vector<layer_ptr>& layers, const config::effective_words& words,
               call_plan& call) {
  if (!words.retries()) return;
  const config::retry_document& r = *words.retry->on;
  retry_options o;
  o.attempts = r.attempts ? static_cast<std::uint32_t>(*r.attempts) : 2;
  if (o.attempts <= 1 || !retries_method(r, call.verb)) return;
  call.retry_on = rules_of(r);
  if (!call.retry_on.timeout) o.when = but_for_timeouts;
  o.backoff = backoff_of(r);
  const bool unlimited = r.budget && !r.budget->on;
  if (!unlimited) o.budget = call.service->budget();
  layers.push_back(as_layer(retry(std::move(o))));
}

// Within the budget of the retries: what is sent besides is bounded together.
void add_hedge(std::vector<layer_ptr>& layers, const config::effective_words& words,
               const call_plan& call, const std::string& whom) {
  if (!words.hedges() || !(call.idempotent || call.idempotent_by_key)) return;
  const config::hedge_document& h = *words.hedge->on;
  hedge_options o;
  if (h.after && h.after->fixed) {
    o.after = *h.after->fixed;
  } else if (h.after) {
    o.after = latency_percentile{.of = h.after->percentile};
  }
  if (h.attempts) o.attempts = static_cast<std::uint32_t>(*h.attempts);
  o.budget = call.service->budget();
  layers.push_back(as_layer(call.service->limits().hedge_of(whom, o)));
}

// What the service has for all its calls. Retry and hedge are outside: each attempt needs a place.
// The bulkhead is outside the breaker, so that the wait for a place is no slowness of the service;
// so is the rate, whose permits are for what the throttle lets through. The adaptive limit is
// innermost, because it goes by the attempt's own latency.
void add_limits(std::vector<layer_ptr>& layers, const call_plan& call) {
  const upstream::service& service = *call.service;
  const upstream::service_limits& limits = service.limits();
  if (limits.bulkhead()) layers.push_back(as_layer(*limits.bulkhead()));
  if (limits.throttle()) layers.push_back(as_layer(*limits.throttle()));
  if (call.rate && call.rate->for_all()) layers.push_back(as_layer(*call.rate->for_all()));
  if (service.circuit()) layers.push_back(as_layer(*service.circuit()));
  if (limits.adaptive()) layers.push_back(as_layer(*limits.adaptive()));
}

}  // namespace

std::optional<duration> attempt_time(const config::effective_words& words) {
  if (words.attempt_timeout) return *words.attempt_timeout;
  if (words.timeout) return std::nullopt;
  return default_attempt_timeout;
}

// The time of one attempt is innermost.
pipeline compile_policies(const config::effective_words& words, call_plan& call,
                          const std::string& whom) {
  std::vector<layer_ptr> layers;
  add_retry(layers, words, call);
  add_hedge(layers, words, call, whom);
  add_limits(layers, call);
  if (const auto time = attempt_time(words)) layers.push_back(as_layer(timeout(*time)));
  return pipeline(std::move(layers));
}

// A proxy's timeout is a layer too: nobody else keeps it. The time of its attempts is no layer: it
// bounds the silence in a transfer, which only the transfer sees. It is not hedged: what a client
// streams cannot be sent twice, and what comes back goes straight through.
pipeline compile_proxy_policies(const config::effective_words& words, call_plan& call) {
  std::vector<layer_ptr> layers;
  if (words.timeout) layers.push_back(as_layer(timeout(*words.timeout)));
  add_retry(layers, words, call);
  add_limits(layers, call);
  return pipeline(std::move(layers));
}

}  // namespace weir::gateway
