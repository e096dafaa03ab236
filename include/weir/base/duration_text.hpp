#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/clock.hpp"
#include "weir/base/result.hpp"

namespace weir {

// "250ms", "1s", "1m30s", "2h", "1.5s"; units ns, us, ms, s, m, h, d, largest first. A number
// without a unit is refused, and so is a negative one. The error says what is wrong in words fit to
// print under the place in a file.
result<duration, std::string> parse_duration(std::string_view text);

// The shortest exact form that parse_duration reads back: "1m30s", "250ms", "0s".
std::string format_duration(duration d);

// "512B", "64KiB", "1MB", "2GiB": decimal for kB/KB, MB, GB and binary for KiB, MiB, GiB. A number
// without a unit is refused.
result<std::uint64_t, std::string> parse_bytes(std::string_view text);

// "64KiB" where it is exact in a binary unit, else in bytes.
std::string format_bytes(std::uint64_t bytes);

}  // namespace weir
