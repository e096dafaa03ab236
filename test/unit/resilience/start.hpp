#pragma once

#include "weir/base/clock.hpp"

namespace weir::test {

// When the tests of a policy begin, on the clock that they hold in their hands.
inline constexpr time_point t0 = manual_clock::start;

}  // namespace weir::test
