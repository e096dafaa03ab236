#include "conformance/trace.hpp"

#include <simdjson.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "weir/resilience/circuit_breaker/profiles.hpp"

namespace weir::conformance {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

duration seconds(double s) {
  // Whole microseconds: what the originals can tell apart.
  return std::chrono::microseconds(std::llround(s * 1e6));
}

bool has(const object& o, const char* key) {
  return o[key].error() == simdjson::SUCCESS;
}

double number(const object& o, const char* key, double otherwise) {
  return has(o, key) ? double(o[key].get_double()) : otherwise;
}

std::uint32_t count(const object& o, const char* key, std::uint32_t otherwise) {
  return has(o, key) ? static_cast<std::uint32_t>(std::uint64_t(o[key].get_uint64())) : otherwise;
}

duration time(const object& o, const char* key, duration otherwise) {
  return has(o, key) ? seconds(double(o[key].get_double())) : otherwise;
}

std::string text(const object& o, const char* key) {
  return std::string(std::string_view(o[key].get_string()));
}

comparison compared(const object& o) {
  return has(o, "compare") && text(o, "compare") == "more_than" ? comparison::more_than
                                                                : comparison::at_least;
}

trip_rule rule_of(const object& o) {
  const std::string name = text(o, "rule");
  const duration within = time(o, "within", std::chrono::seconds(10));
  if (name == "failures_in_a_row") return failures_in_a_row{count(o, "failures", 5)};
  if (name == "failures_within") return failures_within{count(o, "failures", 5), within};
  if (name == "failure_ratio") {
    return failure_ratio{number(o, "ratio", 0.5), within, count(o, "min_calls", 10), compared(o)};
  }
  if (name == "slow_ratio") {
    return slow_ratio{number(o, "ratio", 0.8), time(o, "slower_than", std::chrono::seconds(1)),
                      within, count(o, "min_calls", 20), compared(o)};
  }
  if (name == "failures_of_last") {
    return failures_of_last{count(o, "failures", 5), count(o, "calls", 10)};
  }
  if (name == "failure_ratio_of_last") {
    return failure_ratio_of_last{number(o, "ratio", 0.5), count(o, "calls", 100),
                                 count(o, "min_calls", 0), compared(o)};
  }
  if (name == "failing_buckets") return failing_buckets{number(o, "ratio", 0.5), within};
  throw std::runtime_error("no rule is called " + name);
}

half_open_options half_open_of(const object& o) {
  half_open_options h;
  if (has(o, "permits")) {
    const element permits = o["permits"];
    h.permits = permits.is_string() ? everyone : count(o, "permits", 1);
  }
  h.successes = count(o, "successes", h.successes);
  h.of = count(o, "of", h.of);
  h.longest_wait = time(o, "longest_wait", h.longest_wait);
  h.ramp = time(o, "ramp", h.ramp);
  h.ramp_ratio = number(o, "ramp_ratio", h.ramp_ratio);
  h.ramp_min_calls = count(o, "ramp_min_calls", h.ramp_min_calls);
  return h;
}

circuit_options own_options(const object& o) {
  circuit_options options;
  if (has(o, "trip")) {
    std::vector<trip_rule> rules;
    for (const element rule : o["trip"].get_array()) rules.push_back(rule_of(rule.get_object()));
    options.trip = trip_rules(std::move(rules));
  }
  if (has(o, "open_for")) {
    if (o["open_for"].is_object()) {
      const object g = o["open_for"].get_object();
      options.open_for =
          growing{time(g, "first", {}), time(g, "longest", {}), number(g, "factor", 2)};
    } else {
      options.open_for = time(o, "open_for", {});
    }
  }
  if (has(o, "half_open")) options.half_open = half_open_of(o["half_open"].get_object());
  const auto is = [&](const char* key, const char* value) {
    return has(o, key) && text(o, key) == value;
  };
  if (is("reopens", "exclusive")) options.reopens = reopening::exclusive;
  if (is("since", "call_start")) options.since = open_since::call_start;
  if (is("ignored", "success")) options.ignored = ignored_as::success;
  if (is("evaluated", "on_call")) options.evaluated = evaluation::on_call;
  options.closed_at_least = time(o, "closed_at_least", {});
  return options;
}

circuit_options profile_of(const object& o) {
  const std::string name = text(o, "profile");
  const auto t = [&](const char* key) { return time(o, key, {}); };
  if (name == "pybreaker") {
    return profiles::pybreaker(count(o, "fail_max", 5), t("reset_timeout"),
                               count(o, "success_threshold", 1));
  }
  if (name == "fabfuel") {
    return profiles::fabfuel(count(o, "failure_threshold", 5), t("recovery_timeout"));
  }
  if (name == "book") {
    return profiles::book(count(o, "max_failures", 5), t("time_window"), t("reset_interval"));
  }
  if (name == "aiomisc") {
    return profiles::aiomisc(number(o, "error_ratio", 0.5), t("response_time"), t("broken_time"),
                             t("recovery_time"), t("passing_time"));
  }
  if (name == "aiomisc_as_documented") {
    return profiles::aiomisc_as_documented(number(o, "error_ratio", 0.5), t("response_time"),
                                           t("broken_time"));
  }
  if (name == "resilience4j") return profiles::resilience4j();
  if (name == "gobreaker") return profiles::gobreaker();
  throw std::runtime_error("no profile is called " + name);
}

circuit_options options_of(const object& o) {
  return has(o, "profile") ? profile_of(o) : own_options(o);
}

step step_of(const object& o) {
  step s;
  s.at = time(o, "at", {});
  for (const auto& [key, what] :
       {std::pair("call", step::kind::call), std::pair("begin", step::kind::begin),
        std::pair("end", step::kind::end)}) {
    if (!has(o, key)) continue;
    s.what = what;
    (what == step::kind::call ? s.how : s.id) = text(o, key);
  }
  if (has(o, "as")) s.how = text(o, "as");
  if (has(o, "admitted")) s.admitted = bool(o["admitted"].get_bool());
  if (has(o, "state")) s.state = text(o, "state");
  if (has(o, "after")) s.after = text(o, "after");
  if (has(o, "failures")) s.failures = count(o, "failures", 0);
  if (has(o, "retry_after")) s.retry_after = time(o, "retry_after", {});
  return s;
}

trace trace_of(const object& o) {
  trace t;
  t.name = text(o, "name");
  t.source = text(o, "source");
  t.options = options_of(o["options"].get_object());
  t.draw = number(o, "draw", 0.5);
  for (const element s : o["steps"].get_array()) t.steps.push_back(step_of(s.get_object()));
  if (has(o, "transitions")) {
    t.transitions.emplace();
    for (const element e : o["transitions"].get_array()) {
      t.transitions->emplace_back(std::string_view(e.get_string()));
    }
  }
  return t;
}

random_run run_of(const object& o) {
  return {text(o, "source"),
          options_of(o["options"].get_object()),
          o["seed"].get_uint64(),
          o["calls"].get_uint64(),
          o["failing"].get_uint64(),
          o["ignored"].get_uint64(),
          std::stoull(text(o, "digest"), nullptr, 16)};
}

template <class T, class Read>
std::vector<T> read_lines(const std::string& path, const Read& read) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<T> all;
  std::string line;
  simdjson::dom::parser parser;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    try {
      const object o = parser.parse(line).get_object();
      all.push_back(read(o));
    } catch (const std::exception& e) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + e.what());
    }
  }
  return all;
}

}  // namespace

std::vector<trace> read_traces(const std::string& path) {
  return read_lines<trace>(path, trace_of);
}

std::vector<random_run> read_runs(const std::string& path) {
  return read_lines<random_run>(path, run_of);
}

}  // namespace weir::conformance
