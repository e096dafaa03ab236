#include "weir/resilience/circuit_breaker/options.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace weir {
namespace {

constexpr std::uint32_t most_kept = 100'000;

class checker {
 public:
  explicit checker(option_problems& out) : out_(out) {}

  void require(bool good, const char* field, const char* message) {
    if (!good) out_.push_back({field, message});
  }
  void ratio(double r) {
    require(r > 0 && r <= 1, "trip.ratio", "must be above 0 and at most 1 (100%)");
  }
  void within(duration d) { require(d > duration::zero(), "trip.within", "must be above zero"); }
  void min_calls(std::uint32_t n) { require(n >= 1, "trip.min_calls", "must be at least 1"); }

  void operator()(const failures_in_a_row& r) {
    require(r.failures >= 1, "trip.failures", "must be at least 1");
  }
  void operator()(const failures_within& r) {
    require(r.failures >= 1 && r.failures <= most_kept, "trip.failures",
            "must be from 1 to 100000");
    within(r.within);
  }
  void operator()(const failure_ratio& r) {
    ratio(r.ratio);
    within(r.within);
    min_calls(r.min_calls);
  }
  void operator()(const slow_ratio& r) {
    ratio(r.ratio);
    within(r.within);
    min_calls(r.min_calls);
    require(r.slower_than > duration::zero(), "trip.slower_than", "must be above zero");
  }
  void operator()(const failures_of_last& r) {
    require(r.calls >= 1 && r.calls <= most_kept, "trip.calls", "must be from 1 to 100000");
    require(r.failures >= 1 && r.failures <= r.calls, "trip.failures",
            "must be from 1 to the number of calls");
  }
  void operator()(const failure_ratio_of_last& r) {
    ratio(r.ratio);
    require(r.calls >= 1 && r.calls <= most_kept, "trip.calls", "must be from 1 to 100000");
    require(r.min_calls <= r.calls, "trip.min_calls", "cannot be above the number of calls");
  }
  void operator()(const failing_buckets& r) {
    ratio(r.ratio);
    require(r.within >= std::chrono::microseconds(1), "trip.within", "must be at least 1us");
  }

 private:
  option_problems& out_;
};

}  // namespace

duration open_time::after(std::uint32_t times) const {
  if (function_) return std::max(duration::zero(), (*function_)(times));
  if (factor_ == 1.0 || times <= 1) return first_;
  const double grown =
      static_cast<double>(first_.count()) * std::pow(factor_, static_cast<double>(times - 1));
  if (!(grown < static_cast<double>(longest_.count()))) return longest_;
  return duration(static_cast<duration::rep>(grown));
}

option_problems circuit_options::validate() const {
  option_problems found;
  checker check(found);
  check.require(!trip.all().empty(), "trip", "needs at least one rule");
  for (const trip_rule& r : trip.all()) std::visit(check, r);
  if (!open_for.is_function()) {
    check.require(open_for.first() > duration::zero(), "open_for", "must be above zero");
    check.require(open_for.longest() >= open_for.first(), "open_for",
                  "cannot grow to less than it begins with");
    check.require(open_for.factor() >= 1 && std::isfinite(open_for.factor()), "open_for.factor",
                  "must be at least 1");
  }
  check.require(half_open.permits >= 1, "half_open.permits", "must be at least 1");
  check.require(half_open.of == 0 || half_open.of >= half_open.successes_needed(), "half_open.of",
                "cannot be fewer than the successes needed");
  check.require(half_open.longest_wait >= duration::zero(), "half_open.longest_wait",
                "cannot be negative");
  check.require(half_open.ramp >= duration::zero(), "half_open.ramp", "cannot be negative");
  check.require(half_open.ramp_ratio > 0 && half_open.ramp_ratio <= 1, "half_open.ramp_ratio",
                "must be above 0 and at most 1 (100%)");
  check.require(half_open.ramp_min_calls >= 1, "half_open.ramp_min_calls", "must be at least 1");
  check.require(closed_at_least >= duration::zero(), "closed_at_least", "cannot be negative");
  return found;
}

}  // namespace weir
