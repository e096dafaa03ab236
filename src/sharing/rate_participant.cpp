#include "rate_participant.hpp"

#include <algorithm>

namespace weir::sharing {
namespace {

// Nobody is in debt for longer: what was admitted while a clock stood still must not lock out all.
constexpr duration longest_cost = std::chrono::hours(24 * 365);

duration cost_of(duration interval, std::uint64_t permits) {
  const auto most = static_cast<std::uint64_t>(longest_cost / interval);
  return interval * static_cast<duration::rep>(std::min(permits, most));
}

}  // namespace

lone_rate::lone_rate(const rate_limiter& of) : of_(of), told_(admitted()) {}

std::vector<rate_participant::report> lone_rate::take() {
  const std::uint64_t now_admitted = admitted();
  const std::uint64_t fresh = now_admitted - told_;
  told_ = now_admitted;
  if (fresh == 0) return {};
  return {{0, cost_of(of_.options().interval(), fresh)}};
}

void lone_rate::learn(std::uint64_t, time_point full_at, time_point now) {
  const duration since = cost_of(of_.options().interval(), admitted() - told_);
  of_.catch_up(std::max(full_at, now) + since);
}

std::string lone_rate::suffix(std::uint64_t) const {
  return {};
}

keyed_rate::keyed_rate(const keyed_rate_limiter& of)
    : of_(of), interval_(rate_limiter_options{.allow = of.options().allow}.interval()) {
  static_cast<void>(of_.take_used());  // what was before is told to nobody
}

std::vector<rate_participant::report> keyed_rate::take() {
  std::vector<report> out;
  for (const keyed_rate_limiter::used& u : of_.take_used()) {
    out.push_back({u.key, cost_of(interval_, u.permits)});
  }
  return out;
}

void keyed_rate::learn(std::uint64_t bucket, time_point full_at, time_point now) {
  of_.catch_up(bucket, full_at, now);
}

std::string keyed_rate::suffix(std::uint64_t bucket) const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = ":";
  for (int shift = 60; shift >= 0; shift -= 4) out += digits[bucket >> shift & 15];
  return out;
}

}  // namespace weir::sharing
