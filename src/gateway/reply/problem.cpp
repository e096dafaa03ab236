#include "weir/gateway/reply/problem.hpp"

#include <algorithm>
#include <cmath>

#include "weir/gateway/reply/render.hpp"
#include "weir/http/message.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

std::string sentence(const problem& p) {
  if (!p.detail.empty()) return std::string(p.detail);
  if (const std::string_view who = p.step.empty() ? p.service : p.step; !who.empty()) {
    std::string text = p.step.empty() ? "the service '" : "the step '";
    text.append(who).append("' failed: ");
    return text += std::string_view(cause_text(p.why, p.upstream_status));
  }
  return std::string(http::reason_phrase(p.status));
}

// "404" matches itself, "5xx" its class, a cause its name, "*" all.
bool matches(const error_shape::rule& r, const problem& p) {
  if (r.cause == "*") return true;
  if (r.cause.size() == 3 && r.cause[0] >= '1' && r.cause[0] <= '5') {
    if (r.cause.ends_with("xx")) return p.status / 100 == r.cause[0] - '0';
    if (r.cause == std::to_string(p.status)) return true;
  }
  return r.cause == std::string_view(cause_text(p.why, p.upstream_status)) ||
         r.cause == to_string(p.why) || (!p.code.empty() && r.cause == p.code);
}

std::string default_body(const problem& p, const std::string& detail,
                         const std::vector<step_failure>& failures) {
  std::string body;
  json::writer out(body);
  out.begin_object();
  out.key("type").string("about:blank");
  out.key("title").string(http::reason_phrase(p.status));
  out.key("status").integer(p.status);
  out.key("detail").string(detail);
  out.key("code").string(problem_code(p));
  if (!p.step.empty()) out.key("step").string(p.step);
  if (!p.trace_id.empty()) out.key("trace_id").string(p.trace_id);
  if (!failures.empty()) {
    out.key("errors").begin_array();
    for (const step_failure& f : failures) {
      out.begin_object();
      out.key("step").string(f.step);
      if (f.item >= 0) out.key("item").integer(f.item);
      out.key("reason").string(cause_text(f.why, f.status));
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  return body;
}

std::string shaped_body(const problem& p, const error_shape& shaped, std::string_view code,
                        std::string_view message) {
  using expression::value;
  arena memory(2048);
  const expression::map_entry members[] = {
      {value::text("status"), value::integer(p.status)},
      {value::text("code"), value::text(code)},
      {value::text("message"), value::text(message)},
      {value::text("cause"), value::text(memory.copy(cause_text(p.why, p.upstream_status)))},
      {value::text("step"), p.step.empty() ? value::null() : value::text(p.step)},
      {value::text("trace_id"), p.trace_id.empty() ? value::null() : value::text(p.trace_id)},
  };
  value slots[error_slots] = {value::map(members)};
  std::string body;
  json::writer out(body);
  const render_scope scope{.slots = slots, .memory = &memory, .world = nullptr};
  render(*shaped.body, scope, out);
  return body;
}

void append_seconds(std::string& to, duration d) {
  // Rounded up: a client that comes back a moment early is refused again.
  const double seconds = std::chrono::duration<double>(d).count();
  to += std::to_string(std::max<long long>(1, static_cast<long long>(std::ceil(seconds))));
}

}  // namespace

std::string problem_code(const problem& p) {
  if (!p.code.empty()) return std::string(p.code);
  return std::string(std::string_view(cause_text(p.why, p.upstream_status)));
}

error_answer render_problem(const problem& given, const error_shape* shaped,
                            const std::vector<step_failure>& failures) {
  problem p = given;
  std::string code = problem_code(p);
  std::string message = sentence(p);
  if (shaped) {
    for (const error_shape::rule& r : shaped->rules) {
      if (!matches(r, p)) continue;
      if (r.status) p.status = *r.status;
      if (r.code) code = *r.code;
      if (r.message) message = *r.message;
      break;
    }
  }
  error_answer out;
  out.status = p.status;
  const bool own_form = shaped && shaped->body;
  out.body = own_form ? shaped_body(p, *shaped, code, message) : default_body(p, message, failures);

  out.content_type = own_form ? shaped->content_type : "application/problem+json";

  std::string& lines = out.header_lines;
  lines += "Content-Type: ";
  lines += out.content_type;
  lines += "\r\nCache-Control: no-store\r\n";
  if (p.retry_after) {
    lines += "Retry-After: ";
    append_seconds(lines, *p.retry_after);
    lines += "\r\n";
  }
  if (!p.allow.empty()) {
    lines += "Allow: ";
    lines += p.allow;
    lines += "\r\n";
  }
  if (p.why == cause::bad_status) {
    lines += "Proxy-Status: weir; received-status=" + std::to_string(p.upstream_status) + "\r\n";
  } else if (const auto error = proxy_status_error(p.why); !error.empty()) {
    lines += "Proxy-Status: weir; error=";
    lines += error;
    lines += "\r\n";
  }
  return out;
}

}  // namespace weir::gateway
