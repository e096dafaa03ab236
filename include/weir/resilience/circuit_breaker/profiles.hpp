#pragma once

#include <cstdint>

#include "weir/resilience/circuit_breaker/options.hpp"

// Options that make a breaker behave as another library's does, for people who come from there and
// for the conformance traces (test/conformance), which were recorded from the originals. What an
// original does wrong is not repeated; each function says what that is.
namespace weir::profiles {

// pybreaker (Python). The state is as of the last call; an excluded error counts as a success.
// Not repeated: its lock is held while the call runs, so calls wait for each other.
circuit_options pybreaker(std::uint32_t fail_max = 5,
                          duration reset_timeout = std::chrono::seconds(60),
                          std::uint32_t success_threshold = 1);

// fabfuel/circuitbreaker (Python). An unexpected exception counts as a success. Not repeated: a
// crowd probes when it is half-open (ours: one at a time; half_open.permits = everyone is the
// crowd), and the fallback is not given for the calls that trip it.
circuit_options fabfuel(std::uint32_t failure_threshold = 5,
                        duration recovery_timeout = std::chrono::seconds(30));

// The breaker of "Python Concurrency with asyncio" (Fowler), chapter 10, as its text describes it.
// The time to the probe runs from the start of the last call that was let through, and must be
// exceeded. Not repeated: the window is dead, and after the open time two calls are let through.
circuit_options book(std::uint32_t max_failures, duration time_window, duration reset_interval);

// aiomisc (Python). Zero: as long as response_time. Not repeated: a state that changes only with
// the call after the one that decided; one call for each bucket never trips; a failure after a long
// silence trips; calls that are turned away dilute the recovery; cutout() without exceptions never
// trips.
circuit_options aiomisc(double error_ratio, duration response_time,
                        duration broken_time = duration::zero(),
                        duration recovery_time = duration::zero(),
                        duration passing_time = duration::zero());

// aiomisc as its manual reads: "more than 20 % of the calls of the last 20 s".
circuit_options aiomisc_as_documented(double error_ratio, duration response_time,
                                      duration broken_time = duration::zero());

// resilience4j's defaults (Java): half of the last hundred calls, 60 s open, ten probes.
circuit_options resilience4j();

// sony/gobreaker's defaults (Go): more than five in a row, 60 s open, one probe.
circuit_options gobreaker();

}  // namespace weir::profiles
