#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/base/random.hpp"

namespace weir::telemetry {

// Where a request stands in a trace (W3C Trace Context, level 1): the trace, the span that is its
// parent, and whether the caller records it. A value.
struct trace_context {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  std::uint8_t flags = 0;

  static constexpr std::size_t header_length = 55;
  static constexpr std::size_t trace_id_length = 32;

  // A `traceparent` field. None when it is malformed or all zero: then a new trace begins.
  static std::optional<trace_context> parse(std::string_view traceparent) noexcept;
  static trace_context begin(random_source& random) noexcept;

  // The same trace with a span of its own.
  trace_context child(random_source& random) const noexcept;

  void write_header(char (&to)[header_length]) const noexcept;
  void write_trace_id(char (&to)[trace_id_length]) const noexcept;
};

}  // namespace weir::telemetry
