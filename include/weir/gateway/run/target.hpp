#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/expression/program.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/reply/cause.hpp"
#include "weir/http/message.hpp"

namespace weir::gateway {

struct target_failure {
  cause why = cause::none;  // bad_request: what the client sent is at fault, which is a 400
  std::string_view detail;
};

// What goes from a request's URL into a target as it came.
struct client_url {
  const http::request_head& head;
  std::string_view rest;  // of the normalised path, what the route's `{x...}` stands for
};

// Appends the target with its slots filled and encoded. False: nothing may be sent.
bool render_target(const target_template& target, const expression::frame& in,
                   const client_url& client, std::string& to, target_failure& why);

// Appends the fields whose values are expressions. One that is null is left out; one that is
// missing, or that no header can hold, means that nothing may be sent.
bool render_fields(const std::vector<header_template>& fields, const expression::frame& in,
                   std::string& to, target_failure& why);

// Whether one of these lines is of that name.
bool carries_field(std::string_view header_lines, std::string_view name) noexcept;
inline bool carries_key(std::string_view header_lines) noexcept {
  return carries_field(header_lines, "idempotency-key");
}

// Whether an expression reads nothing but the client's request, so that what is wrong with its
// value is the client's fault.
bool only_client(const expression::text_program& text);

// bad_request where the client's request is at fault, whoever read it; else the expression is.
cause cause_of(const expression::error_info& e) noexcept;

// Whether a header can hold it.
bool fit_for_header(std::string_view text) noexcept;

// The cause that a value which cannot be sent stands for.
cause cause_of(const expression::value& v, bool from_client);
std::string_view detail_of(const expression::value& v, std::string_view otherwise);

}  // namespace weir::gateway
