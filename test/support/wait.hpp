#pragma once

#include <chrono>
#include <thread>

#include "weir/base/clock.hpp"

// For tests of what happens on other threads or in other processes: they wait for a condition, with
// a limit that only a failure reaches.
namespace weir::test {

template <class Condition>
bool soon(Condition holds, duration limit = std::chrono::seconds(5)) {
  const time_point end = now() + limit;
  while (!holds() && now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return holds();
}

// That nothing comes of it in all that time.
template <class Condition>
bool always(Condition holds, duration time) {
  return !soon([&] { return !holds(); }, time);
}

}  // namespace weir::test
