#include "weir/gateway/reply/cause.hpp"

#include <charconv>
#include <cstring>

#include "weir/resilience/outcome.hpp"

namespace weir::gateway {

std::string_view to_string(cause c) noexcept {
  switch (c) {
    case cause::none:
      return "";
    case cause::connect_refused:
      return "connect_refused";
    case cause::connect_timeout:
      return "connect_timeout";
    case cause::response_timeout:
      return "response_timeout";
    case cause::reset:
      return "reset";
    case cause::truncated:
      return "truncated";
    case cause::malformed:
      return "malformed";
    case cause::too_large:
      return "too_large";
    case cause::bad_status:
      return "bad_status";
    case cause::not_json:
      return "not_json";
    case cause::not_text:
      return "not_text";
    case cause::wrong_kind:
      return "wrong_kind";
    case cause::missing_field:
      return "missing_field";
    case cause::expression_error:
      return "expression_error";
    case cause::dns_error:
      return "dns_error";
    case cause::tls_error:
      return "tls_error";
    case cause::too_many_items:
      return "too_many_items";
    case cause::bad_path:
      return "bad_path";
    case cause::breaker_open:
      return "breaker_open";
    case cause::no_instance:
      return "no_instance";
    case cause::pool_full:
      return "pool_full";
    case cause::limit_reached:
      return "limit_reached";
    case cause::rate_limited:
      return "rate_limited";
    case cause::deadline:
      return "deadline";
    case cause::caller_deadline:
      return "caller_deadline";
    case cause::cancelled:
      return "cancelled";
    case cause::client_gone:
      return "client_gone";
    case cause::client_slow:
      return "client_slow";
    case cause::bad_request:
      return "bad_request";
    case cause::not_found:
      return "not_found";
    case cause::method_not_allowed:
      return "method_not_allowed";
    case cause::required:
      return "required";
    case cause::internal:
      return "internal";
  }
  return "internal";
}

bool is_timeout(cause c) noexcept {
  return c == cause::connect_timeout || c == cause::response_timeout || c == cause::deadline ||
         c == cause::caller_deadline;
}

bool is_rejection(cause c) noexcept {
  return c == cause::breaker_open || c == cause::no_instance || c == cause::pool_full ||
         c == cause::limit_reached || c == cause::rate_limited;
}

int status_of(cause c) noexcept {
  if (is_timeout(c)) return 504;
  if (c == cause::rate_limited) return 429;
  if (is_rejection(c)) return 503;
  switch (c) {
    case cause::client_gone:
      return 499;
    case cause::client_slow:
      return 408;
    case cause::bad_request:
      return 400;
    case cause::not_found:
      return 404;
    case cause::method_not_allowed:
      return 405;
    case cause::internal:
      return 500;
    default:
      return 502;
  }
}

std::string_view proxy_status_error(cause c) noexcept {
  switch (c) {
    case cause::connect_refused:
      return "connection_refused";
    case cause::connect_timeout:
      return "connection_timeout";
    case cause::response_timeout:
    case cause::deadline:
    case cause::caller_deadline:
      return "http_response_timeout";
    case cause::reset:
      return "connection_terminated";
    case cause::truncated:
      return "http_response_incomplete";
    case cause::malformed:
      return "http_protocol_error";
    case cause::too_large:
      return "http_response_body_size";
    case cause::dns_error:
      return "dns_error";
    case cause::tls_error:
      return "tls_certificate_error";
    case cause::breaker_open:
    case cause::no_instance:
      return "destination_unavailable";
    case cause::pool_full:
    case cause::limit_reached:
      return "connection_limit_reached";
    case cause::rate_limited:
      return "http_request_denied";
    case cause::internal:
      return "proxy_internal_error";
    case cause::not_json:
    case cause::not_text:
    case cause::wrong_kind:
    case cause::missing_field:
      return "http_protocol_error";
    default:
      return "";
  }
}

std::string_view error_of_circuit(std::string_view kept) noexcept {
  const bool late =
      kept == to_string(weir::cause::deadline) || kept == to_string(weir::cause::timeout);
  return late ? to_string(cause::response_timeout) : kept;
}

cause_text::cause_text(cause c, int status) noexcept {
  if (c == cause::bad_status) {
    constexpr std::string_view prefix = "status_";
    std::memcpy(text_, prefix.data(), prefix.size());
    const auto end = std::to_chars(text_ + prefix.size(), std::end(text_), status).ptr;
    length_ = static_cast<std::uint8_t>(end - text_);
    return;
  }
  const std::string_view name = to_string(c);
  length_ = static_cast<std::uint8_t>(name.size());
  std::memcpy(text_, name.data(), name.size());
}

}  // namespace weir::gateway
