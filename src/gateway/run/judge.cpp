#include "weir/gateway/run/judge.hpp"

#include <algorithm>

#include "weir/json/utf8.hpp"

namespace weir::gateway {
namespace {

using expression::value;

verdict counted(bool as_failure) {
  return as_failure ? verdict::failure : verdict::ok;
}

// What may be sent twice. Whether this very request carries the key is the pipeline's to know
// (call_facts::retryable).
bool retryable(const call_plan& call) {
  return call.idempotent || call.idempotent_by_key;
}

judged failed(cause why, int status, weir::cause for_policies, verdict counts, bool retryable) {
  judged j;
  j.why = why;
  j.status = status;
  j.for_policies = {.failed = true, .counts = counts, .retryable = retryable, .why = for_policies};
  return j;
}

bool is_expected(const value& v, expected_kind kind) {
  using expression::type;
  switch (kind) {
    case expected_kind::any:
      return true;
    case expected_kind::list:
      return v.is_list();
    case expected_kind::object:
      return v.is_map();
    case expected_kind::string:
      return v.get_type() == type::text;
    case expected_kind::number: {
      const type t = v.get_type();
      return t == type::integer || t == type::uinteger || t == type::real || t == type::exact;
    }
  }
  return false;
}

// The body as the step's value; false when it cannot be read.
bool decode(const call_plan& call, judged& j, json::parser& parser, arena& memory) {
  if (call.as == decode_as::text) {
    if (json::utf8_valid_prefix(j.raw_body) != j.raw_body.size()) return false;
    j.body = value::text(j.raw_body);
    return true;
  }
  if (call.as == decode_as::bytes) {
    j.body = value::bytes(j.raw_body);
    return true;
  }
  const auto parsed = parser.parse(j.raw_body, memory, {.depth = call.response_depth});
  if (!parsed) return false;
  j.body = value::json(*parsed);
  return true;
}

}  // namespace

weir::outcome outcome_of_status(const call_plan& call, int status, duration retry_after) {
  const upstream::failure_set& failures = call.service->settings().failures;
  weir::outcome o{.counts = counted(failures.status(status)), .why = weir::cause::none};
  if (status >= 200 && status < 300) return o;
  o.failed = true;
  o.why = weir::cause::status;
  o.retry_after = retry_after;
  o.retryable = retryable(call) && call.retry_on.statuses.test(static_cast<std::size_t>(status));
  // Its own words: it is well, and wants less.
  if (status == 429 && !failures.status(429)) o.counts = verdict::ignored;
  return o;
}

verdict timeouts_count(const call_plan& call) noexcept {
  return counted(call.service->settings().failures.timeout);
}

cause cause_of(const weir::outcome& end, cause last) {
  switch (end.why) {
    case weir::cause::none:
      return cause::none;
    case weir::cause::rejected_open:
      return cause::breaker_open;
    case weir::cause::rejected_limit:
      return last == cause::pool_full ? last : cause::limit_reached;
    case weir::cause::rejected_rate:
      return cause::rate_limited;
    case weir::cause::timeout:
    case weir::cause::response_timeout:
      return cause::response_timeout;
    case weir::cause::connect_timeout:
      return cause::connect_timeout;
    case weir::cause::deadline:
      return cause::deadline;
    case weir::cause::canceled:
      return cause::cancelled;
    default:
      return last == cause::none ? cause::internal : last;
  }
}

judged judge_answer(const step_plan& step, int status, std::string_view content_type,
                    std::string_view body, duration retry_after, json::parser& parser,
                    arena& memory) {
  const call_plan& call = *step.call;
  const upstream::failure_set& failures = call.service->settings().failures;
  judged j;
  j.status = status;
  j.raw_body = body;
  j.content_type = content_type;
  const auto broken = [&](cause why, weir::cause for_policies, bool as_failure) {
    judged f = failed(why, status, for_policies, counted(as_failure), false);
    f.raw_body = body;
    return f;
  };
  if (std::find(step.pass.begin(), step.pass.end(), status) != step.pass.end()) {
    j.passed = true;
    return j;
  }
  if (step.missing != 0 && (status == 404 || status == 410)) {
    j.why = cause::missing_field;
    return j;
  }
  if (status >= 200 && status < 300) {
    // No content is the null of a service that has nothing to say.
    if (body.empty() && call.as == decode_as::json && (status == 204 || status == 205)) {
      j.body = value::null();
    } else if (!decode(call, j, parser, memory)) {
      const cause why = call.as == decode_as::text ? cause::not_text : cause::not_json;
      return broken(why, weir::cause::decode, failures.decode);
    }
    if (!is_expected(j.body, call.expect)) {
      return broken(cause::wrong_kind, weir::cause::unexpected, failures.kind);
    }
    return j;
  }
  judged f;
  f.why = cause::bad_status;
  f.status = status;
  f.raw_body = body;
  f.content_type = content_type;
  f.for_policies = outcome_of_status(call, status, retry_after);
  return f;
}

judged judge_failure(const call_plan& call, http::client_error why, bool before_head) {
  const upstream::failure_set& failures = call.service->settings().failures;
  const bool tried_again = retryable(call) && call.retry_on.connect;
  const auto connect = [&](cause c, weir::cause p = weir::cause::connect) {
    return failed(c, 0, p, counted(failures.connect), tried_again);
  };
  switch (why) {
    case http::client_error::connect_refused:
      return connect(cause::connect_refused);
    case http::client_error::dns:
      return connect(cause::dns_error);
    case http::client_error::tls:
      return connect(cause::tls_error);
    case http::client_error::connect_timeout:
      return connect(cause::connect_timeout, weir::cause::connect_timeout);
    case http::client_error::reset:
      return failed(before_head ? cause::reset : cause::truncated, 0, weir::cause::reset,
                    counted(failures.transport), tried_again);
    case http::client_error::stale:
      // It may have been given up long before: that is no fault of the service.
      return failed(cause::reset, 0, weir::cause::reset, verdict::ignored, tried_again);
    case http::client_error::truncated:
      return failed(cause::truncated, 0, weir::cause::reset, counted(failures.transport),
                    tried_again);
    case http::client_error::malformed:
      return failed(cause::malformed, 0, weir::cause::decode, counted(failures.transport), false);
    case http::client_error::too_large:
      return failed(cause::too_large, 0, weir::cause::decode, counted(failures.decode), false);
    case http::client_error::no_connection:
      return failed(cause::pool_full, 0, weir::cause::rejected_limit, verdict::ignored, false);
    case http::client_error::failed:
      break;
  }
  // Out of descriptors and the like: a fault of ours, which says nothing of the service.
  return failed(cause::pool_full, 0, weir::cause::rejected_limit, verdict::ignored, false);
}

judged judge_no_instance(const call_plan& call) {
  return failed(cause::no_instance, 0, weir::cause::connect, verdict::ignored,
                retryable(call) && call.retry_on.connect);
}

judged judge_all_open(duration retry_after) {
  judged j;
  j.why = cause::breaker_open;
  j.for_policies = weir::outcome::rejected(weir::cause::rejected_open, retry_after);
  return j;
}

judged judge_oversized(const call_plan& call, int status) {
  return failed(cause::too_large, status, weir::cause::decode,
                counted(call.service->settings().failures.decode), false);
}

}  // namespace weir::gateway
