#include "weir/gateway/run/front.hpp"

#include "weir/gateway/run/caller.hpp"
#include "weir/gateway/run/composition.hpp"
#include "weir/gateway/run/proxied.hpp"
#include "weir/gateway/run/rate_check.hpp"
#include "weir/gateway/run/shaped_error.hpp"
#include "weir/gateway/run/worker.hpp"
#include "weir/http/uri.hpp"

namespace weir::gateway {

void front::on_request(http::server_exchange& exchange) {
  generation& now = worker_.current();
  const plan& p = *now.of;
  const http::request_head& head = exchange.head();

  request_context request;
  request.exchange = &exchange;
  request.settings = &p.settings;
  request.began = exchange.received();
  request.verb = head.verb;
  identify(request);

  const auto path = http::normalise_path(head.path, path_);
  if (!path) {
    refuse(request,
           {.status = 400,
            .why = cause::bad_request,
            .detail = "the path has a broken escape or a character that no path may hold, or "
                      "leads out of the root"});
    return;
  }
  const route_table::match found = p.table.find(head.verb, *path);
  if (found.what != route_table::match::kind::found) {
    if (head.verb == http::method::options) {
      answer_options(request, *path);
    } else if (found.what == route_table::match::kind::no_such_path) {
      no_route(request);
    } else {
      const std::string allowed = p.table.allowed(*path);
      refuse(request, {.status = 405,
                       .why = cause::method_not_allowed,
                       .detail = "no route answers this method here; Allow names those that are",
                       .allow = allowed});
    }
    return;
  }

  request.route = &p.routes[found.route];
  if (request.route->rate && !admit(request)) return;
  set_deadline(request);
  const std::span parameters(found.parameters, found.parameter_count);
  if (request.route->proxy) {
    worker_.take_proxied().start(request, *path, parameters, now);
  } else {
    worker_.take_composition().start(request, parameters, now);
  }
}

void front::identify(request_context& request) {
  const http::request_head& head = request.exchange->head();
  request.trusted_peer = is_trusted(request.exchange->peer(), request.settings->trusted_proxies);

  random_source& random = thread_random();
  const auto given = head.fields.find("traceparent");
  const auto parent =
      given ? telemetry::trace_context::parse(*given) : std::optional<telemetry::trace_context>();
  request.trace = parent ? parent->child(random) : telemetry::trace_context::begin(random);
  request.traced = parent.has_value();

  if (request.settings->cors) {
    if (const auto origin = head.fields.find("origin")) {
      if (const auto* allowed = allowed_origin(*request.settings->cors, *origin)) {
        request.cors_origin = *allowed;
      }
    }
  }
  if (worker_.logs_access()) {
    request.log_target = head.target;
    request.log_client = client_address(request);
    request.log_method = head.verb_token;
  }
}

bool front::admit(request_context& request) {
  const auto stands = ask(*request.route->rate, request, request.began);
  request.stands = {stands.available, stands.full_in};
  if (stands.admitted) return true;
  refuse(request, {.status = status_of(cause::rate_limited),
                   .why = cause::rate_limited,
                   .detail = "too many of these have come; Retry-After says when there is room",
                   .retry_after = stands.retry_after});
  return false;
}

void front::set_deadline(request_context& request) {
  if (request.route->deadline) request.deadline = request.began + *request.route->deadline;
  if (!request.trusted_peer) return;
  const auto asked = caller_timeout(request.exchange->head().fields);
  if (asked && request.began + *asked < request.deadline) {
    request.deadline = request.began + *asked;
    request.caller_deadline = true;
  }
}

void front::answer_options(request_context& request, std::string_view path) {
  // `*` asks for what the server can do, not for one of its paths (RFC 9110 9.3.7).
  const std::string allowed =
      path == "*" ? std::string(http::known_methods) : worker_.current().of->table.allowed(path);
  if (allowed.empty()) {
    no_route(request);
    return;
  }
  std::string lines = "Allow: " + allowed + "\r\n";
  if (!request.cors_origin.empty()) {
    append_preflight(*request.settings->cors, allowed, lines);
    worker_.append_common(request, lines);
  }
  request.exchange->respond(204, lines, {});
  worker_.finished(request, 204, cause::none, 0);
}

void front::no_route(request_context& request) {
  refuse(request, {.status = 404, .why = cause::not_found, .detail = "no route answers this path"});
}

void front::refuse(request_context& request, const problem& p) {
  error_answer out = shaped_error(request, p);
  worker_.append_common(request, out.header_lines);
  request.exchange->respond(out.status, out.header_lines, out.body);
  worker_.finished(request, out.status, p.why, out.body.size());
}

}  // namespace weir::gateway
