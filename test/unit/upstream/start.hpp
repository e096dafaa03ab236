#pragma once

#include <chrono>

#include "weir/base/clock.hpp"

namespace weir::upstream::test {

// When the tests begin.
inline constexpr time_point start{std::chrono::hours(1000)};

}  // namespace weir::upstream::test
