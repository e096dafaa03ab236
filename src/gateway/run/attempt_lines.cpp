#include "weir/gateway/run/attempt_lines.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <limits>

#include "weir/base/random.hpp"

namespace weir::gateway {

void append_attempt_lines(std::string& to, const telemetry::trace_context& trace,
                          time_point deadline, time_point now) {
  char header[telemetry::trace_context::header_length];
  trace.child(thread_random()).write_header(header);
  to.append("traceparent: ").append(header, sizeof header).append("\r\n");
  if (deadline == time_point::max()) return;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now).count();
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, left > 0 ? left : 1).ptr;
  to.append("x-envoy-expected-rq-timeout-ms: ").append(digits, end).append("\r\n");
}

// Of what a service may ask for: more is as good as never.
constexpr std::chrono::seconds longest_pause(std::numeric_limits<std::uint32_t>::max());

duration read_retry_after(std::string_view text, std::int64_t unix_now) noexcept {
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end == text.data() + text.size()) {
    if (error == std::errc()) return std::chrono::seconds(seconds);
    // Digits beyond what the number holds: longer than anyone waits, and not at once.
    if (error == std::errc::result_out_of_range) return longest_pause;
  }
  // An IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
  std::tm at{};
  const std::string copy(text.substr(0, 40));
  const char* const rest = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &at);
  if (!rest || *rest != '\0') return duration::zero();
  const std::int64_t then = ::timegm(&at);
  if (then <= unix_now) return duration::zero();
  // The year 9999 is further away than nanoseconds can count.
  return std::min(std::chrono::seconds(then - unix_now), longest_pause);
}

}  // namespace weir::gateway
