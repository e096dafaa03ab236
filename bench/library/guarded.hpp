#pragma once

#include <chrono>

#include "weir/base/clock.hpp"

namespace weir::bench {

// The work that is guarded: as little as a call can be.
[[gnu::noinline]] inline int work(int x) {
  asm volatile("" : "+r"(x));
  return x + 1;
}

// A time that goes on, at no cost: a microsecond for each call.
struct moving_time {
  time_point at = manual_clock::start;
  time_point next() noexcept { return at += std::chrono::microseconds(1); }
};

}  // namespace weir::bench
