#pragma once

#include <string>
#include <string_view>

namespace weir::systems {

inline constexpr std::string_view problem_type = "Content-Type: application/problem+json\r\n";
inline constexpr std::string_view json_type = "Content-Type: application/json\r\n";

// An error body in the manner of RFC 9457; the title is the status's own phrase.
std::string problem_body(int status, std::string_view detail);

}  // namespace weir::systems
