#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/reply/cause.hpp"
#include "weir/gateway/reply/problem.hpp"
#include "weir/http/server.hpp"
#include "weir/telemetry/trace.hpp"

namespace weir::gateway {

class worker;

// How a request's client stands with the limit of its route, after this request.
struct rate_standing {
  std::uint32_t available = 0;          // requests that may come at once
  duration full_in = duration::zero();  // until its whole burst may
};

// What every request has, composed or proxied: the exchange, the route it found, its place in a
// trace, and by when it must be answered. Filled by the front.
struct request_context {
  http::server_exchange* exchange = nullptr;
  const route_plan* route = nullptr;  // null: none was found
  const gateway_settings* settings = nullptr;
  telemetry::trace_context trace;
  time_point began{};
  time_point deadline = time_point::max();
  bool caller_deadline = false;  // the deadline is the caller's, shorter than the route's
  bool trusted_peer = false;     // the peer is one of trusted_proxies
  bool traced = false;           // the trace is the client's: its `tracestate` goes along
  bool cut = false;              // the answer was broken off behind its head
  std::string_view cors_origin;  // the request's origin, where `cors:` allows it
  rate_standing stands;          // where the route has a limit
  int upstream_status = 0;       // the service's, where a failure of its is the cause of the end
  http::method verb = http::method::get;
  // Filled only where there is an access log: the exchange is gone by the time it is written.
  std::string log_method;
  std::string log_target;
  std::string log_client;

  // Written when it is asked for: most requests end without a line or an error that shows it.
  std::string_view trace_text() const noexcept {
    trace.write_trace_id(trace_id_);
    return {trace_id_, sizeof trace_id_};
  }

 private:
  mutable char trace_id_[telemetry::trace_context::trace_id_length] = {};
};

}  // namespace weir::gateway
