#include "metrics.hpp"

namespace weir::gateway {
namespace {

using telemetry::exposition;

double number(std::uint64_t n) {
  return static_cast<double>(n);
}

// resilience4j's names, where it has them.
void add_bulkhead(exposition& out, std::string_view name, const bulkhead& b) {
  const bulkhead::view v = b.look();
  const std::uint32_t calls = b.options().calls;
  out.gauge("weir_bulkhead_available_concurrent_calls", "Places that are free.", {{"name", name}},
            v.in_use < calls ? calls - v.in_use : 0);
  out.gauge("weir_bulkhead_max_allowed_concurrent_calls", "Places.", {{"name", name}}, calls);
  out.gauge("weir_bulkhead_waiting_calls", "Calls that wait for a place.", {{"name", name}},
            v.waiting);
  out.counter("weir_bulkhead_rejected_calls_total", "Calls turned away.", {{"name", name}},
              number(v.rejected));
}

void add_adaptive(exposition& out, std::string_view name, const adaptive_limit& a) {
  const adaptive_limit::view v = a.look();
  out.gauge("weir_adaptive_limit", "Calls that may be in flight, as found.", {{"name", name}},
            v.limit);
  out.gauge("weir_adaptive_limit_in_flight", "Calls in flight.", {{"name", name}}, v.in_flight);
  out.gauge("weir_adaptive_limit_base_seconds", "Latency without a queue; 0 while not known.",
            {{"name", name}}, std::chrono::duration<double>(v.base).count());
  out.counter("weir_adaptive_limit_rejected_calls_total", "Calls turned away.", {{"name", name}},
              number(v.rejected));
}

void add_throttle(exposition& out, std::string_view name, const throttler& t, time_point now) {
  const throttler::view v = t.look(now);
  out.gauge("weir_throttle_rejecting", "The share of calls that is turned away.", {{"name", name}},
            v.rejecting);
}

void add_hedge(exposition& out, std::string_view name, const std::string& whom, const hedge& h) {
  const hedge::view v = h.look();
  out.gauge("weir_hedge_delay_seconds", "After which the next call would be hedged.",
            {{"name", name}, {"call", whom}}, std::chrono::duration<double>(v.delay).count());
  out.counter("weir_hedge_attempts_total", "Calls sent beside a slow one.",
              {{"name", name}, {"call", whom}}, number(v.hedges));
  out.counter("weir_hedge_wins_total", "…that brought the value.", {{"name", name}, {"call", whom}},
              number(v.wins));
  out.counter("weir_hedge_refused_total", "…that the budget did not allow.",
              {{"name", name}, {"call", whom}}, number(v.refused));
}

}  // namespace

void add_limits(exposition& out, const plan& p, time_point now) {
  for (const auto& s : p.services) {
    const upstream::service_limits& l = s->limits();
    if (l.bulkhead()) add_bulkhead(out, s->name(), *l.bulkhead());
    if (l.adaptive()) add_adaptive(out, s->name(), *l.adaptive());
    if (l.throttle()) add_throttle(out, s->name(), *l.throttle(), now);
    for (const auto& [whom, h] : l.hedges()) add_hedge(out, s->name(), whom, h);
  }
}

}  // namespace weir::gateway
