#pragma once

#include <cstdint>
#include <string_view>

#include "weir/base/clock.hpp"

namespace weir {

// What a finished call says about the health of whom it called.
enum class verdict : std::uint8_t {
  ok,       // it works, whatever the answer was
  failure,  // it does not
  ignored,  // nothing either way: cancelled, cut short, refused before it was sent
};

// Why a call brought no value.
enum class cause : std::uint8_t {
  none,
  connect,           // refused, unreachable, no name, no TLS
  connect_timeout,   // no connection in time
  response_timeout,  // connected, no answer in time
  timeout,           // a timeout of the pipeline ran out
  deadline,          // the caller's own deadline ran out
  reset,             // the connection broke before the answer was whole
  status,            // an answer that says it failed
  decode,            // an answer that cannot be read, or is over a limit
  unexpected,        // an answer of another kind than was declared
  exception,         // the call threw
  error,             // the call returned an error
  rejected_open,     // a circuit was open
  rejected_limit,    // a limit on calls in flight, or a throttler, said no
  rejected_rate,     // calls came more often than they may
  canceled,          // the caller gave up
};

// "response_timeout" and so on: for logs, metrics and errors.
std::string_view to_string(cause c) noexcept;
// "ok", "failure", "ignored".
std::string_view to_string(verdict v) noexcept;

// Whether the call was turned away without being sent.
constexpr bool is_rejection(cause c) noexcept {
  return c == cause::rejected_open || c == cause::rejected_limit || c == cause::rejected_rate;
}

// Whether time ran out, whoever set it.
constexpr bool is_timeout(cause c) noexcept {
  return c == cause::connect_timeout || c == cause::response_timeout || c == cause::timeout ||
         c == cause::deadline;
}

// How one attempt, or a whole call, ended. Three questions with three answers, because they differ:
// an HTTP 429 failed for its caller, says nothing to a breaker, and may be tried again.
struct outcome {
  bool failed = false;  // the caller has no value: a retry or a fallback may act
  verdict counts = verdict::ok;
  bool retryable = false;  // trying again is safe and may help
  cause why = cause::none;
  duration retry_after = duration::zero();  // what the other side asked for; zero: nothing
  // More about why, for a breaker's last error. Views text that outlives the call it is given to.
  std::string_view detail = {};

  static constexpr outcome success() noexcept { return {}; }
  static constexpr outcome failure(cause why, bool retryable) noexcept {
    return {.failed = true, .counts = verdict::failure, .retryable = retryable, .why = why};
  }
  // Neither good nor bad: the attempt's result goes to the caller as it is.
  static constexpr outcome ignored() noexcept { return {.counts = verdict::ignored}; }
  static constexpr outcome rejected(cause why, duration retry_after) noexcept {
    return {.failed = true, .counts = verdict::ignored, .why = why, .retry_after = retry_after};
  }
  static constexpr outcome canceled() noexcept {
    return {.failed = true, .counts = verdict::ignored, .why = cause::canceled};
  }

  friend constexpr bool operator==(const outcome&, const outcome&) noexcept = default;
};

// A call was not let through.
struct rejection {
  cause why = cause::rejected_open;
  // How long until it may be worth asking again; zero where that is not known.
  duration retry_after = duration::zero();

  friend constexpr bool operator==(const rejection&, const rejection&) noexcept = default;
};

}  // namespace weir
