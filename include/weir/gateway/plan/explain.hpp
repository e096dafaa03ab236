#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/gateway/config/document.hpp"
#include "weir/gateway/plan/plan.hpp"

// What a route will do and can cost at worst, worked out from its plan: `weir explain`.
namespace weir::gateway {

// A time, and who says so.
struct explained_time {
  std::optional<duration> length;  // none: nothing but the deadline limits it
  std::string from;                // "the step", "the policy `default`", "built in"
};

// Calls to one service under one step, or of a proxy.
struct explained_call {
  std::string service;
  std::string method;
  std::string target;     // as written: "products/${path.id}"
  std::string url;        // of the service, or where its instances come from
  std::string instances;  // "balance round_robin, …"; empty: one place
  std::string health;     // "/healthz every 5s, …"; empty: not checked
  explained_time timeout;
  explained_time attempt_timeout;
  explained_time connect_timeout;
  std::uint64_t attempts = 1;  // of one call, at most
  std::string retry;           // "2 attempts, 25ms..250ms"; empty: off
  std::string retry_from;
  std::string breaker;  // "5 failures within 10s, open for 5s"; empty: off
  std::string breaker_from;
  std::string hedge;  // "another after p95, 2 in all"; empty: off
  std::string hedge_from;
  std::string cache;  // "5s, stale for another 1m where the service fails"; empty: off
  std::string cache_from;
  std::vector<std::string> limits;  // of the service: "bulkhead: 64 calls, 128 may wait 1s"
};

struct explained_step {
  std::string name;
  std::uint32_t wave = 1;          // 1: with the request; 2: after something of wave 1, …
  std::vector<std::string> after;  // the steps it waits for
  bool required = true;
  std::string fallback;      // as JSON or "…" with expressions, where it is optional
  bool conditional = false;  // `when:`
  std::string each;          // "products as p"; empty: one call
  std::uint64_t limit = 0;
  std::uint64_t max_items = 0;
  std::optional<explained_call> call;  // none: computed
  std::optional<duration> at_worst;    // its own time
  std::optional<duration> done_by;     // since the request came
  std::uint64_t calls = 0;             // at worst
};

struct explanation {
  std::string route;
  std::optional<duration> deadline;  // none: `deadline: none`
  std::string deadline_from;
  std::string rate;  // of its requests: "100 in 1s, for each client"; empty: no limit
  std::vector<explained_step> steps;
  std::optional<explained_call> proxy;
  bool whole_request = false;
  std::vector<std::string> critical_path;  // the steps that the worst case goes along
  std::optional<duration> latency;         // at worst
  bool cut_by_deadline = false;            // what the steps may take is longer than the deadline
  std::uint64_t calls = 0;                 // at worst
};

explanation explain(const config::document& d, const route_plan& route);

// The route of "GET /products/{id}", or of a request: "GET /products/7", "/products/7". Null: none.
const route_plan* find_route(const plan& p, std::string_view written);

struct explain_style {
  bool color = false;
};
std::string to_text(const explanation& e, explain_style style = {});
std::string to_json(const explanation& e);

// All routes, a line each.
std::string routes_to_text(const std::vector<explanation>& all, explain_style style = {});
std::string routes_to_json(const std::vector<explanation>& all);

}  // namespace weir::gateway
