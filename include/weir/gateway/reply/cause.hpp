#pragma once

#include <cstdint>
#include <string_view>

namespace weir::gateway {

// Why a step, or a whole answer, failed. One short code each: the same in logs, metrics, problem
// bodies and the partial answer's header.
enum class cause : std::uint8_t {
  none,
  // of a service
  connect_refused,
  connect_timeout,
  response_timeout,
  reset,
  truncated,
  malformed,
  too_large,
  bad_status,  // written status_NNN
  not_json,
  not_text,  // not UTF-8, where text is to be read
  wrong_kind,
  missing_field,
  expression_error,
  dns_error,
  tls_error,
  too_many_items,
  bad_path,  // a path slot that would leave its segment
  // of ours, before a service was asked
  breaker_open,
  no_instance,
  pool_full,
  limit_reached,  // the service's bulkhead, adaptive limit or throttle
  rate_limited,   // a rate, of the route or of the service
  // of the request
  deadline,
  caller_deadline,  // the caller's own, shorter one
  cancelled,
  client_gone,
  client_slow,  // time ran out while the client owed bytes
  bad_request,
  not_found,
  method_not_allowed,
  required,  // a `require:` that does not hold
  internal,
};

std::string_view to_string(cause c) noexcept;

bool is_timeout(cause c) noexcept;
bool is_rejection(cause c) noexcept;

// The status of an answer whose required step failed so: 504 for time-outs, 503 for rejections
// (429 where it comes too often), 400 for what the client sent, else 502.
int status_of(cause c) noexcept;

// RFC 9209's name for it, or empty where the fault is not on the way to a service.
std::string_view proxy_status_error(cause c) noexcept;

// What a circuit keeps as its last error, in our words: those of the pipeline for time that ran out
// are its own.
std::string_view error_of_circuit(std::string_view kept) noexcept;

// A cause with the service's status where that is the cause, as text: "status_503".
class cause_text {
 public:
  cause_text(cause c, int status) noexcept;
  operator std::string_view() const noexcept { return {text_, length_}; }  // NOLINT: it is a text

 private:
  char text_[24];
  std::uint8_t length_ = 0;
};

}  // namespace weir::gateway
