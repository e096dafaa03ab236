#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "metrics.hpp"
#include "weir/gateway/admin/admin.hpp"
#include "weir/telemetry/exposition.hpp"

namespace weir::gateway {
namespace {

using telemetry::exposition;

constexpr std::string_view server_name = "http_server_request_duration_seconds";
constexpr std::string_view client_name = "http_client_request_duration_seconds";

// OpenTelemetry's error.type: the cause, or the status where that is all there is to say.
std::string error_type(int status, std::string_view error) {
  if (!error.empty()) return std::string(error);
  return status >= 500 ? std::to_string(status) : std::string();
}

void add_server(exposition& out, const worker_stats& stats, const plan& p) {
  const auto& subjects = stats.server.subjects();
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const std::string_view route =
        i == worker_stats::no_route ? ""
        : i == worker_stats::routes_gone
            ? "gone"
            : std::string_view(p.routes[i - worker_stats::first_route].pattern);
    for (const auto& e : subjects[i]) {
      const std::string status = std::to_string(e.status);
      const std::string error = error_type(e.status, e.error);
      out.durations(server_name, "Duration of the requests of clients.",
                    {{"http_route", route},
                     {"http_request_method", e.method},
                     {"http_response_status_code", status},
                     {"error_type", error}},
                    e.durations);
    }
  }
  // Routes of several methods may have one path.
  std::map<std::string_view, std::uint64_t> partial;
  for (std::size_t i = 0; i < stats.partial.size(); ++i) {
    if (stats.partial[i] != 0) partial[p.routes[i].pattern] += stats.partial[i];
  }
  for (const auto& [route, answers] : partial) {
    out.counter("weir_partial_answers_total", "Answers with parts missing.",
                {{"http_route", route}}, static_cast<double>(answers));
  }
}

void add_client(exposition& out, const worker_stats& stats, const plan& p) {
  const auto& subjects = stats.client.subjects();
  for (const auto& s : p.services) {
    if (s->index() >= subjects.size()) continue;
    for (const auto& e : subjects[s->index()]) {
      const std::string status = e.status == 0 ? "" : std::to_string(e.status);
      const std::string error = error_type(e.status, e.error);
      out.durations(client_name, "Duration of attempts at services.",
                    {{"weir_service", s->name()},
                     {"server_address", s->settings().host},
                     {"http_request_method", e.method},
                     {"http_response_status_code", status},
                     {"error_type", error}},
                    e.durations);
    }
  }
}

void add_instances(exposition& out, const plan& p, time_point now) {
  static constexpr std::array<std::string_view, 4> states = {"in use", "failing", "ejected",
                                                             "on probation"};
  for (const auto& s : p.services) {
    if (!s->instances()) continue;
    std::array<std::size_t, states.size()> counts{};
    for (const upstream::instance_view& i : s->instances()->look(now)) {
      for (std::size_t k = 0; k < states.size(); ++k) counts[k] += i.state == states[k] ? 1 : 0;
      out.counter("weir_instance_calls_total", "Calls by how they ended.",
                  {{"service", s->name()}, {"instance", i.key}, {"kind", "successful"}},
                  static_cast<double>(i.succeeded));
      out.counter("weir_instance_calls_total", "Calls by how they ended.",
                  {{"service", s->name()}, {"instance", i.key}, {"kind", "failed"}},
                  static_cast<double>(i.failed));
      out.counter("weir_instance_ejections_total", "How often it was left alone for its failures.",
                  {{"service", s->name()}, {"instance", i.key}}, static_cast<double>(i.ejections));
    }
    for (std::size_t k = 0; k < states.size(); ++k) {
      std::string state(states[k]);
      for (char& c : state) c = c == ' ' ? '_' : c;
      out.gauge("weir_service_instances", "Instances by what they are thought fit for.",
                {{"service", s->name()}, {"state", state}}, static_cast<double>(counts[k]));
    }
    const upstream::source_view source = s->instances()->source();
    if (source.heard) {
      out.gauge("weir_discovery_age_seconds", "Since discovery last answered.",
                {{"service", s->name()}},
                std::chrono::duration<double>(now - *source.heard).count());
    }
    out.gauge("weir_discovery_up", "Whether discovery's last answer could be used.",
              {{"service", s->name()}}, source.trouble.empty() ? 1 : 0);
  }
}

void add_rates(exposition& out, const plan& p, time_point now) {
  for (const auto& r : p.rates) {
    const rate_limit::view v = r->look(now);
    const std::string_view name = r->options().name;
    out.counter("weir_rate_limit_admitted_total", "Requests or calls that a limit let through.",
                {{"limit", name}}, static_cast<double>(v.admitted));
    out.counter("weir_rate_limit_rejected_total", "Requests or calls that came too often.",
                {{"limit", name}}, static_cast<double>(v.rejected));
    if (!r->for_each()) continue;
    out.gauge("weir_rate_limit_keys", "Clients, or values of the header, that are remembered.",
              {{"limit", name}}, static_cast<double>(v.keys));
    out.counter("weir_rate_limit_forgotten_total",
                "Clients that made way for others before they might have called at will again.",
                {{"limit", name}}, static_cast<double>(v.forgotten));
  }
}

// resilience4j's shape, so that its dashboards work.
void add_circuit(exposition& out, const circuit_snapshot& c, const upstream::verdict_times& times) {
  static constexpr std::array<std::pair<circuit_mode, std::string_view>, 5> states = {{
      {circuit_mode::closed, "closed"},
      {circuit_mode::open, "open"},
      {circuit_mode::half_open, "half_open"},
      {circuit_mode::forced_open, "forced_open"},
      {circuit_mode::disabled, "disabled"},
  }};
  const std::string_view name = c.name;
  for (const auto& [state, label] : states) {
    out.gauge("weir_circuitbreaker_state", "1 for the state that the circuit is in.",
              {{"name", name}, {"state", label}}, c.state == state ? 1 : 0);
  }
  // In the order of enum verdict.
  static constexpr std::array<std::string_view, 3> kinds = {"successful", "failed", "ignored"};
  const std::array<std::uint64_t, 3> counts = {c.successful, c.failed, c.ignored};
  for (std::size_t v = 0; v < kinds.size(); ++v) {
    out.durations("weir_circuitbreaker_calls_seconds", "Calls by how the circuit took them.",
                  {{"name", name}, {"kind", kinds[v]}}, times.by[v]);
    out.counter("weir_circuitbreaker_calls_total", "Verdicts since the start.",
                {{"name", name}, {"kind", kinds[v]}}, static_cast<double>(counts[v]));
  }
  out.counter("weir_circuitbreaker_not_permitted_calls_total", "Calls the circuit turned away.",
              {{"name", name}}, static_cast<double>(c.not_permitted));
  out.gauge("weir_circuitbreaker_failure_rate",
            "Percent of failed calls in the window; -1 under the least number of calls.",
            {{"name", name}}, c.failure_rate);
  out.gauge("weir_circuitbreaker_slow_call_rate",
            "Percent of slow calls in the window; -1 where it is not watched.", {{"name", name}},
            c.slow_call_rate);
  out.gauge("weir_circuitbreaker_buffered_calls", "Calls in the window.", {{"name", name}},
            static_cast<double>(c.buffered_calls));
}

// Instances are not ours to number: a page of metrics has so many of their circuits, the same ones
// from scrape to scrape, and says how many it leaves out. (/circuits has them all.)
constexpr std::size_t most_circuits_of_instances = 1000;

void add_circuits(exposition& out, const worker_stats& stats, const plan& p, time_point now) {
  std::size_t shown = 0;
  std::size_t left_out = 0;
  for (const auto& s : p.services) {
    if (s->circuit()) {
      upstream::verdict_times times;
      if (s->index() < stats.verdicts.size()) times.by = stats.verdicts[s->index()];
      add_circuit(out, s->circuit()->snapshot(now), times);
    }
    if (!s->instances()) continue;
    const auto now_listed = s->instances()->current();  // a worker may put another in its place
    for (const auto& i : now_listed->all) {
      if (!i->circuit()) continue;
      if (shown == most_circuits_of_instances) {
        ++left_out;
        continue;
      }
      ++shown;
      add_circuit(out, i->circuit()->snapshot(now), i->times());
    }
  }
  if (shown > 0) {
    out.gauge("weir_circuitbreakers_left_out",
              "Circuits of instances that are too many for this page.", {},
              static_cast<double>(left_out));
  }
}

}  // namespace

std::string metrics_text(const worker_stats& stats, const plan& p, const reload_status& reloads,
                         time_point now) {
  exposition out;
  out.gauge("weir_config_last_reload_successful", "Whether the last reload was taken.", {},
            reloads.last_succeeded ? 1 : 0);
  out.gauge("weir_config_last_reload_success_timestamp_seconds",
            "When a configuration was last taken.", {}, static_cast<double>(reloads.last_success));
  out.counter("weir_config_reload_failures_total", "Reloads that were refused.", {},
              static_cast<double>(reloads.failures));
  out.gauge("weir_connections", "Clients' connections open now.", {},
            static_cast<double>(stats.connections));
  out.gauge("http_server_active_requests", "Requests being answered now.", {},
            static_cast<double>(stats.active));
  out.counter("weir_rejected_requests_total", "Requests refused before a route was asked.", {},
              static_cast<double>(stats.rejected));
  add_server(out, stats, p);
  add_client(out, stats, p);
  add_circuits(out, stats, p, now);
  add_limits(out, p, now);
  add_caches(out, p);
  add_instances(out, p, now);
  add_rates(out, p, now);
  return out.text();
}

}  // namespace weir::gateway
