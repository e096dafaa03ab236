#pragma once

#include <string>
#include <string_view>

#include "weir/base/clock.hpp"
#include "weir/telemetry/trace.hpp"

namespace weir::gateway {

// Appends what differs from attempt to attempt: `traceparent` with a span of its own, and what is
// left of the request's deadline (none when there is no deadline).
void append_attempt_lines(std::string& to, const telemetry::trace_context& trace,
                          time_point deadline, time_point now);

// `Retry-After` of an answer, in seconds or as a date; zero when it is absent or unreadable.
duration read_retry_after(std::string_view text, std::int64_t unix_now) noexcept;

}  // namespace weir::gateway
