// What a proxied request looks like to the service: its target and end-to-end fields.

#include "weir/gateway/expression/url.hpp"
#include "weir/gateway/run/caller.hpp"
#include "weir/gateway/run/proxied.hpp"
#include "weir/gateway/run/request_roots.hpp"
#include "weir/gateway/run/target.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

bool is_forwarding(std::string_view name) {
  constexpr std::string_view prefix = "x-forwarded-";
  return http::iequals(name, "forwarded") ||
         (name.size() > prefix.size() && http::iequals(name.substr(0, prefix.size()), prefix));
}

bool is_ours(std::string_view name) {
  return http::iequals(name, "host") || http::iequals(name, "content-length") ||
         http::iequals(name, "expect") || http::iequals(name, "traceparent") ||
         http::iequals(name, "x-envoy-expected-rq-timeout-ms") ||
         http::iequals(name, "grpc-timeout");
}

bool is_configured(const call_plan& call, std::string_view name) {
  for (const std::string& n : call.header_names) {
    if (http::iequals(n, name)) return true;
  }
  return false;
}

}  // namespace

bool proxied::render(std::string_view path, std::span<const std::string_view> parameters) {
  const route_plan& route = *request_.route;
  const proxy_plan& plan = *route.proxy;
  const http::request_head& head = request_.exchange->head();
  target_.clear();
  header_lines_ = plan.call.header_lines;
  if (plan.whole_request) {
    target_.append(plan.call.service->settings().base_path).append(path);
    if (head.has_query) target_.append("?").append(head.query);
  }
  const bool computes =
      !plan.whole_request || !route.requires_.empty() || !plan.call.headers.empty();
  if (computes && !compute(parameters)) return false;
  render_headers(head);
  return true;
}

// What the route says in expressions: requirements, the target, headers.
bool proxied::compute(std::span<const std::string_view> parameters) {
  const route_plan& route = *request_.route;
  const proxy_plan& plan = *route.proxy;
  const http::request_head& head = request_.exchange->head();
  path_root path_values(route.parameters, parameters);
  query_root query_values(head.query);
  query_all_root query_lists(head.query);
  request_root request_values(head);
  circuits_root circuits(generation_->of->services, worker_.loop());
  const auto slots = memory_.make_array<expression::value>(route.slots);
  slots[slot_path] = expression::value::source(path_values);
  slots[slot_query] = expression::value::source(query_values);
  slots[slot_query_all] = expression::value::source(query_lists);
  slots[slot_request] = expression::value::source(request_values);
  slots[slot_circuits] = expression::value::source(circuits);
  const expression::frame frame{slots, &memory_, &worker_.world(), {}};

  for (const requirement& r : route.requires_) {
    const expression::value holds = r.that.evaluate(frame);
    if (holds.as_bool().value_or(false)) continue;
    if (const auto* e = holds.as_error(); e && cause_of(*e) == cause::bad_request) {
      refuse({.status = 400, .why = cause::bad_request, .detail = e->message});
      return false;
    }
    refuse({.status = r.status, .why = cause::required, .detail = r.message, .code = r.code});
    return false;
  }
  target_failure why;
  const bool ready =
      (plan.whole_request ||
       render_target(plan.call.target, frame, {head, path_values.last()}, target_, why)) &&
      render_fields(plan.call.headers, frame, header_lines_, why);
  if (!ready) refuse({.status = status_of(why.why), .why = why.why, .detail = why.detail});
  return ready;
}

void proxied::render_headers(const http::request_head& head) {
  const call_plan& call = request_.route->proxy->call;
  std::string& to = header_lines_;
  const http::hop_by_hop stays_here(head.fields);
  std::string forwarded_for;
  std::string_view forwarded_proto = "http";
  std::string_view forwarded_host = head.host;
  for (const http::field& f : head.fields) {
    if (stays_here(f.name) || is_ours(f.name)) continue;
    // Of a trace that could not be read: it says nothing about the new one.
    if (!request_.traced && http::iequals(f.name, "tracestate")) continue;
    if (is_forwarding(f.name)) {
      if (!request_.trusted_peer) continue;
      if (http::iequals(f.name, "x-forwarded-for")) {
        if (!forwarded_for.empty()) forwarded_for += ", ";
        forwarded_for += f.value;
        continue;
      }
      if (http::iequals(f.name, "x-forwarded-proto")) {
        forwarded_proto = f.value;
        continue;
      }
      if (http::iequals(f.name, "x-forwarded-host")) {
        forwarded_host = f.value;
        continue;
      }
    }
    if (is_configured(call, f.name)) continue;
    to.append(f.name).append(": ").append(f.value).append("\r\n");
  }
  to += "X-Forwarded-For: ";
  if (!forwarded_for.empty()) to.append(forwarded_for).append(", ");
  to.append(request_.exchange->peer().ip()).append("\r\nX-Forwarded-Proto: ");
  to.append(forwarded_proto).append("\r\nX-Forwarded-Host: ").append(forwarded_host);
  to += "\r\nVia: 1.1 weir\r\n";
}

}  // namespace weir::gateway
