#pragma once

#include <string>
#include <string_view>

#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {

// Percent-encodes everything but the unreserved characters of RFC 3986 (letters, digits, - . _ ~).
void append_percent_encoded(std::string& to, std::string_view text);

enum class slot_outcome : std::uint8_t {
  ok,
  dropped,  // a query parameter that is null: leave out the name too
  empty,    // null, missing or empty, where a path needs text
  dots,     // "." or "..", which would leave the segment
  failed,   // an error, or a list or map
};

// Fit to print: "the value is empty".
std::string_view describe(slot_outcome outcome) noexcept;

// Appends the value as the whole of one path segment. Unless the outcome is ok nothing is appended
// and nothing may be sent.
slot_outcome append_url_segment(std::string& to, const value& of, arena& memory);

// Appends the value of a query parameter. Null: dropped. Missing: empty. Empty text is ok.
slot_outcome append_query_value(std::string& to, const value& of, arena& memory);

}  // namespace weir::gateway::expression
