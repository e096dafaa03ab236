#include "weir/resilience/circuit_breaker/profiles.hpp"

namespace weir::profiles {

circuit_options pybreaker(std::uint32_t fail_max, duration reset_timeout,
                          std::uint32_t success_threshold) {
  return {
      .trip = failures_in_a_row{fail_max},
      .open_for = reset_timeout,
      .half_open = {.permits = 1, .successes = success_threshold, .longest_wait = duration::zero()},
      .ignored = ignored_as::success,
      .evaluated = evaluation::on_call};
}

circuit_options fabfuel(std::uint32_t failure_threshold, duration recovery_timeout) {
  return {.trip = failures_in_a_row{failure_threshold},
          .open_for = recovery_timeout,
          .ignored = ignored_as::success};
}

circuit_options book(std::uint32_t max_failures, duration time_window, duration reset_interval) {
  return {.trip = failures_within{.failures = max_failures, .within = time_window},
          .open_for = reset_interval,
          .reopens = reopening::exclusive,
          .since = open_since::call_start};
}

circuit_options aiomisc(double error_ratio, duration response_time, duration broken_time,
                        duration recovery_time, duration passing_time) {
  const auto or_response_time = [&](duration d) {
    return d == duration::zero() ? response_time : d;
  };
  return {.trip = failing_buckets{.ratio = error_ratio, .within = response_time},
          .open_for = or_response_time(broken_time),
          .half_open = {.ramp = or_response_time(recovery_time)},
          .ignored = ignored_as::success,
          .evaluated = evaluation::on_call,
          .closed_at_least = or_response_time(passing_time)};
}

circuit_options aiomisc_as_documented(double error_ratio, duration response_time,
                                      duration broken_time) {
  return {.trip = failure_ratio{.ratio = error_ratio,
                                .within = response_time,
                                .min_calls = 1,
                                .compare = comparison::more_than},
          .open_for = broken_time == duration::zero() ? response_time : broken_time,
          .half_open = {.ramp = response_time},
          .ignored = ignored_as::success};
}

circuit_options resilience4j() {
  return {.trip = failure_ratio_of_last{.ratio = 0.5, .calls = 100, .min_calls = 100},
          .open_for = std::chrono::seconds(60),
          .half_open = {.permits = 10, .successes = 6, .of = 10, .longest_wait = duration::zero()}};
}

circuit_options gobreaker() {
  return {.trip = failures_in_a_row{6},
          .open_for = std::chrono::seconds(60),
          .half_open = {.longest_wait = duration::zero()},
          .reopens = reopening::exclusive};
}

}  // namespace weir::profiles
