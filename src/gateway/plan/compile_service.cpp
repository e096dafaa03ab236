#include <algorithm>

#include "compiler.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/plan/words.hpp"
#include "weir/resilience/circuit_breaker/profiles.hpp"

namespace weir::gateway {
namespace {

using config::breaker_document;
using config::breaker_profile;
using config::trip_document;

circuit_options profile(breaker_profile which) {
  using namespace std::chrono_literals;
  circuit_options o;
  switch (which) {
    case breaker_profile::pybreaker:
      o.trip = failures_in_a_row{.failures = 5};
      o.open_for = 60s;
      break;
    case breaker_profile::fabfuel:
      o.trip = failures_in_a_row{.failures = 5};
      o.open_for = 30s;
      o.half_open = {.permits = everyone, .successes = 1};
      break;
    case breaker_profile::aiomisc:  // its rule's numbers are the configuration's
      break;
    case breaker_profile::book:
      o.trip = failures_within{.failures = 2, .within = 5s};
      o.open_for = 5s;
      o.reopens = reopening::exclusive;
      o.since = open_since::call_start;
      break;
  }
  return o;
}

trip_rules trip_of(const trip_document& t) {
  const auto count = [](std::uint64_t n) { return static_cast<std::uint32_t>(n); };
  if (t.failures) return failures_within{.failures = count(*t.failures), .within = *t.within};
  if (t.ratio) {
    failure_ratio r{.ratio = *t.ratio, .within = *t.within};
    if (t.min_calls) r.min_calls = count(*t.min_calls);
    return r;
  }
  if (t.slow) {
    slow_ratio r{.ratio = *t.slow, .slower_than = *t.slower_than, .within = *t.within};
    if (t.min_calls) r.min_calls = count(*t.min_calls);
    return r;
  }
  return failures_in_a_row{.failures = count(*t.in_a_row)};
}

circuit_options circuit_of(const std::string& name, const breaker_document& b) {
  circuit_options o = b.profile ? profile(*b.profile) : circuit_options{};
  if (b.profile && *b.profile == breaker_profile::aiomisc) {
    o = profiles::aiomisc(*b.trip->ratio, *b.trip->within);
  } else if (b.trip) {
    o.trip = trip_of(*b.trip);
  }
  o.name = name;
  if (b.open) {
    if (b.open->constant) {
      o.open_for = b.open->from;
    } else {
      o.open_for = growing{.first = b.open->from, .longest = b.open->to};
    }
  }
  if (b.probe) {
    if (b.probe->ramp) o.half_open.ramp = *b.probe->ramp;
    if (b.probe->calls) {
      o.half_open.permits = static_cast<std::uint32_t>(*b.probe->calls);
      o.half_open.successes = 0;
    }
    if (b.probe->close_after) {
      o.half_open.successes = static_cast<std::uint32_t>(*b.probe->close_after);
    }
  }
  return o;
}

circuit_sharing sharing_of(config::breaker_sharing how) {
  switch (how) {
    case config::breaker_sharing::sum:
      return {.how = circuit_sharing::kind::sum};
    case config::breaker_sharing::quorum:
      return {.how = circuit_sharing::kind::quorum};
    case config::breaker_sharing::any:
      break;
  }
  return {.how = circuit_sharing::kind::quorum, .processes = 1};
}

upstream::failure_set failures_of(const config::failure_kinds& kinds) {
  upstream::failure_set f;
  // What breaks a connection off counts with what keeps it from being made.
  f.connect = f.transport = kinds.connect;
  f.timeout = kinds.timeout;
  f.decode = kinds.decode;
  f.kind = kinds.kind;
  f.statuses = kinds.statuses;
  return f;
}

retry_budget_options budget_of(
    const config::effective<config::switchable<config::retry_document>>& r) {
  retry_budget_options o;
  if (!r || !r->on || !r->on->budget || !r->on->budget->on) return o;
  const auto& budget = *r->on->budget;
  if (budget.on->ratio) o.ratio = *budget.on->ratio;
  if (budget.on->floor) {
    o.floor =
        static_cast<double>(*budget.on->floor) / std::chrono::duration<double>(o.within).count();
  }
  return o;
}

upstream::limit_settings limits_of(const std::string& name, const config::service_words& words) {
  const auto number = [](const config::setting<std::uint64_t>& n, std::uint32_t otherwise) {
    return n ? static_cast<std::uint32_t>(*n) : otherwise;
  };
  upstream::limit_settings out;
  if (words.bulkhead && words.bulkhead->on) {
    const config::bulkhead_document& b = *words.bulkhead->on;
    bulkhead_options o{.name = name};
    o.calls = number(b.calls, o.calls);
    o.queue = number(b.queue, o.queue);
    if (b.longest_wait) o.longest_wait = *b.longest_wait;
    out.bulkhead = o;
  }
  if (words.adaptive_limit && words.adaptive_limit->on) {
    const config::adaptive_limit_document& a = *words.adaptive_limit->on;
    adaptive_limit_options o{.name = name};
    o.least = number(a.least, o.least);
    o.most = number(a.most, o.most);
    o.initial = number(a.initial, std::clamp(o.initial, o.least, o.most));
    if (a.tolerance) o.tolerance = *a.tolerance;
    out.adaptive = o;
  }
  if (words.throttle && words.throttle->on) {
    const config::throttle_document& t = *words.throttle->on;
    throttler_options o{.name = name};
    if (t.factor) o.factor = *t.factor;
    if (t.within) o.within = *t.within;
    o.min_calls = number(t.min_calls, o.min_calls);
    out.throttle = o;
  }
  return out;
}

}  // namespace

std::optional<upstream::service_settings> compile_service(
    compiling& c, const config::named<config::service_document>& entry) {
  const config::service_document& s = entry.value;
  const config::service_words words = config::words_of(c.d, s);
  upstream::service_settings out;
  out.name = entry.name;
  compile_place(c, s, out);
  if (s.tls) {
    compile_authorities(c, s.tls->ca_file, out.ca_file, out.ca_content);
    if (s.tls->verify) out.verify = *s.tls->verify;
  }
  for (const auto* from : {&s.headers, &s.header_files}) {
    if (!*from) continue;
    for (const config::header& h : **from) {
      out.header_names.push_back(config::lower_case(h.name));
      if (const auto text = h.value->parsed.literal()) {
        out.header_lines += h.name + ": " + *text + "\r\n";
      }
    }
  }
  if (words.connect_timeout) out.connect_timeout = *words.connect_timeout;
  if (c.d.limits && c.d.limits->response) out.response_bytes = *c.d.limits->response;
  if (s.response) out.response_bytes = *s.response;
  if (s.connections) out.pool.connections = *s.connections;
  if (s.pipelining) out.pool.pipelining = *s.pipelining;
  if (s.failures) out.failures = failures_of(*s.failures);
  if (words.breaks()) {
    const circuit_options circuit = circuit_of(entry.name, *words.breaker->on);
    out.trip_text = words_of(circuit.trip);
    const auto& scope = words.breaker->on->scope;
    // Of a service with one place, the two are the same.
    if (scope && *scope == config::breaker_scope::instance && out.discovery) {
      out.instances.circuit = circuit;
    } else {
      out.breaker = circuit;
      if (const auto& shared = words.breaker->on->shared) out.sharing = sharing_of(*shared);
    }
    for (const option_problem& p : circuit.validate()) {
      c.found.error(words.breaker.says->where,
                    "the breaker of `" + entry.name + "` cannot be: " + p.field + " " + p.message);
      return std::nullopt;
    }
  }
  out.budget = budget_of(words.retry);
  out.cache_bytes = cache_bytes(c.d, entry);
  out.limits = limits_of(entry.name, words);
  return out;
}

}  // namespace weir::gateway
