#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/reply/cause.hpp"

namespace weir::gateway {

// One thing that went wrong on the way to an answer.
struct step_failure {
  std::string_view step;  // "favorites"; "stock[3]" is written from step and item
  std::int64_t item = -1;
  cause why = cause::none;
  int status = 0;  // the service's, where there was one
};

// An answer that is an error: what is said in its body and its fields. Nothing internal: no
// address, no path of ours, no text of a service.
struct problem {
  int status = 500;
  cause why = cause::internal;
  int upstream_status = 0;
  std::string_view step = {};
  std::string_view service = {};  // by its name in the file; where there is no step
  std::string_view detail = {};   // a sentence fit for clients; empty: made from the rest
  std::string_view code = {};     // of a `require:`
  std::optional<duration> retry_after = {};  // rejections
  std::string_view trace_id = {};
  std::string_view allow = {};  // 405
};

struct error_answer {
  int status = 500;
  std::string content_type;
  std::string header_lines;  // that, Retry-After, Proxy-Status, Allow, Cache-Control
  std::string body;
};

// RFC 9457, or the system's own shape.
error_answer render_problem(const problem& p, const error_shape* shaped,
                            const std::vector<step_failure>& failures = {});

// The code of an error as `errors:` rules and clients name it: the cause, or a status's.
std::string problem_code(const problem& p);

}  // namespace weir::gateway
