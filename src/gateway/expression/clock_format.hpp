#pragma once

#include <string_view>

namespace weir::gateway::expression {

// Formats that clock() takes: at most 100 bytes, and of strftime's conversions those that every
// system has, without flags and widths, so that the result is short.
bool is_clock_format(std::string_view format) noexcept;

}  // namespace weir::gateway::expression
