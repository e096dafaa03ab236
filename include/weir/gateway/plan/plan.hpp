#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/gateway/expression/program.hpp"
#include "weir/gateway/plan/rate_limit.hpp"
#include "weir/gateway/plan/routing.hpp"
#include "weir/gateway/plan/settings.hpp"
#include "weir/gateway/plan/shape.hpp"
#include "weir/http/message.hpp"
#include "weir/resilience/pipeline/pipeline.hpp"
#include "weir/upstream/service.hpp"

// The plan: a configuration turned into what a request needs at run time. Immutable; shared by all
// workers; a reload makes another. Made by compile.cpp alone.
namespace weir::gateway {

// Where an expression finds its roots. The first slots are the same in every route; then come the
// steps, in the order of the configuration, then `as` variables.
enum root_slot : std::uint16_t {
  slot_path,       // path.title
  slot_query,      // query.user: given twice is the client's 400
  slot_query_all,  // query_all.tag: a list
  slot_request,    // request.method, .path, .query (raw), .headers['x'], .body (JSON), .host
  slot_claims,     // claims.user_id, under `auth:`
  slot_circuits,   // circuits.partner.state
  slot_body,       // in `take`, `pass` and the like: the service's answer
  slot_status,
  slot_headers,  // of the service's answer
  first_step_slot,
};

// A URL below a service, with slots. Literal parts are encoded at load.
struct target_template {
  struct piece {
    std::string literal;                      // goes before the slot
    std::optional<expression::program> slot;  // one path segment's text, encoded
    bool from_client = false;                 // uses nothing but the request: a bad value is a 400
    bool rest = false;  // in place of a slot, what `{x...}` of the route stands for, as it came
  };
  struct parameter {
    std::string name;                              // encoded
    std::string literal;                           // encoded; when there is no slot
    std::optional<expression::text_program> slot;  // null drops the parameter
    bool bare = false;                             // a name without '='
  };
  std::vector<piece> path;  // begins with the service's base path
  std::vector<parameter> query;
  bool client_query = false;  // `?${request.query}`: the client's, as it came
};

struct header_template {
  std::string name;
  expression::text_program value;  // null: the header is not sent
};

enum class decode_as : std::uint8_t { json, text, bytes };
enum class expected_kind : std::uint8_t { any, list, object, string, number };

// What is tried again, where a policy retries at all.
struct retry_rules {
  bool connect = true;  // also reset and truncation
  bool timeout = true;
  std::bitset<600> statuses = default_statuses();

  static std::bitset<600> default_statuses() {
    std::bitset<600> s;
    for (const std::size_t status : {429u, 502u, 503u, 504u}) s.set(status);
    return s;
  }
};

struct call_plan {
  std::shared_ptr<upstream::service> service;
  http::method verb = http::method::get;
  std::string verb_token;
  target_template target;
  std::string header_lines;  // constant: the service's and the step's
  // Names of all configured headers, lower case: they replace a client's.
  std::vector<std::string> header_names;
  std::vector<header_template> headers;  // those with slots
  std::vector<std::string> forward;      // names of the client's headers to send on, lower case
  std::optional<shape> body;             // sent as JSON
  std::string body_type = "application/json";
  bool idempotent = true;  // by the method
  retry_rules retry_on;
  bool idempotent_by_key = false;  // so is one that carries Idempotency-Key: the service honours it
  decode_as as = decode_as::json;
  expected_kind expect = expected_kind::any;
  // How often the service may be called. For everyone it is a layer of the policies; by client or
  // header it is asked once for each call.
  std::shared_ptr<const rate_limit> rate;
  std::uint64_t response_bytes = 8 * 1024 * 1024;
  std::size_t response_depth = 512;
};

struct fan_out_plan {
  expression::program over;
  std::string item_name;
  std::uint16_t item_slot = 0;
  std::size_t limit = 32;        // in flight at once
  std::size_t max_items = 1000;  // above: the step fails whole
};

// Answers of the step's service that are kept, as this step takes them.
struct cache_plan {
  upstream::keeping keep;
  bool coalesce = true;  // one call for equal ones at the same time
};

struct step_plan {
  std::string name;
  std::uint16_t slot = 0;
  std::vector<std::uint16_t> needs;  // indexes of steps that must be there first
  std::vector<std::uint16_t> feeds;  // the reverse
  std::optional<expression::program> when;
  std::optional<fan_out_plan> each;
  std::optional<call_plan> call;  // a call, or
  std::optional<shape> value;     // a computed step
  std::optional<expression::program> take;
  int missing = 0;                      // status for `missing:`; 0: none
  std::vector<int> pass;                // statuses of the service that are the client's answer
  std::optional<shape> fallback;        // `default:`; none: the step is required
  duration timeout = duration::zero();  // the whole step; zero: what the route leaves
  pipeline policies;                    // of one call: retry, breaker, attempt time-out
  std::optional<cache_plan> cache;      // only where the service has answers()
};

// A check before or between steps: as soon as what it refers to is there.
struct requirement {
  expression::program that;
  std::vector<std::uint16_t> needs;
  int status = 400;
  std::string code;
  std::string message;
};

struct proxy_plan {
  call_plan call;              // target, headers; as and expect unused
  bool whole_request = false;  // `proxy: service`: the client's own path and query
  pipeline policies;           // without the attempt's own time
  // How long an attempt may neither take nor give a byte, the client not being what it waits for.
  std::optional<duration> silence;
};

// The body of errors by cause, where a system has its own form (`errors:`).
struct error_shape {
  struct rule {
    std::string cause;  // a cause code, a status ("404", "5xx") or "*"
    std::optional<int> status;
    std::optional<std::string> code;
    std::optional<std::string> message;
  };
  std::vector<rule> rules;
  std::optional<shape> body;  // uses error.status, error.code, error.message, error.cause
  std::string content_type = "application/problem+json";
};

// Roots for error_shape::body: one slot.
enum error_slot : std::uint16_t { slot_error, error_slots };

struct route_plan {
  std::string name;  // "GET /products/all": logs and metrics
  http::method verb = http::method::get;
  std::string pattern;                                          // "/products/{id}"
  std::vector<std::string> parameters;                          // names of {x}, in order
  std::optional<duration> deadline = std::chrono::seconds(15);  // none: `deadline: none`
  duration idle_timeout = std::chrono::seconds(60);             // of a stream without a deadline
  std::uint64_t body_bytes = 1024 * 1024;
  std::shared_ptr<const rate_limit> rate;  // of its requests; null: none
  std::vector<requirement> requires_;
  std::vector<step_plan> steps;
  std::optional<proxy_plan> proxy;
  std::optional<shape> reply;
  int reply_status = 200;
  std::vector<header_template> reply_headers;
  bool meta = false;                          // always add `_meta` to partial answers
  bool reads_body = false;                    // some expression uses request.body
  std::shared_ptr<const error_shape> errors;  // null: problem bodies
  std::uint16_t slots = 0;                    // how many a frame has
  std::uint32_t index = 0;                    // in plan::routes
};

struct plan {
  gateway_settings settings;
  std::vector<std::shared_ptr<upstream::service>> services;
  std::vector<route_plan> routes;
  std::vector<std::shared_ptr<const rate_limit>> rates;  // of routes and services
  route_table table;
  std::uint64_t generation = 0;
};

}  // namespace weir::gateway
