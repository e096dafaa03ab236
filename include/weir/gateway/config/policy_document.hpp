#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/gateway/config/setting.hpp"

// The policies, as they were written.
namespace weir::gateway::config {

enum class verb : std::uint8_t { get, head, post, put, delete_, patch };
constexpr std::array<std::string_view, 6> verb_tokens{"GET", "HEAD",   "POST",
                                                      "PUT", "DELETE", "PATCH"};
constexpr std::string_view token_of(verb v) noexcept {
  return verb_tokens[static_cast<std::size_t>(v)];
}

struct failure_kinds {
  bool connect = false;
  bool timeout = false;
  bool decode = false;
  bool kind = false;
  std::bitset<600> statuses;
};

// 25ms..250ms, or 100ms always
struct pause_range {
  duration from{};
  duration to{};
  bool constant = false;
};

struct retry_budget_document {
  setting<double> ratio;         // 0.2 for `20%`
  setting<std::uint64_t> floor;  // tries in ten seconds
};

struct retry_document {
  setting<std::uint64_t> attempts;
  setting<pause_range> backoff;
  setting<failure_kinds> on;
  setting<std::vector<verb>> methods;
  setting<bool> jitter;
  setting<switchable<retry_budget_document>> budget;
};

struct trip_document {
  setting<std::uint64_t> in_a_row;
  setting<std::uint64_t> failures;
  setting<double> ratio;
  setting<double> slow;
  setting<duration> slower_than;
  setting<duration> within;
  setting<std::uint64_t> min_calls;
};

struct probe_document {
  setting<std::uint64_t> calls;
  setting<std::uint64_t> close_after;
  setting<duration> ramp;
};

enum class breaker_profile : std::uint8_t { pybreaker, fabfuel, book, aiomisc };
enum class breaker_sharing : std::uint8_t { sum, quorum, any };

enum class breaker_scope : std::uint8_t { service, instance };

struct breaker_document {
  setting<breaker_profile> profile;
  setting<trip_document> trip;
  setting<pause_range> open;
  setting<probe_document> probe;
  setting<breaker_sharing> shared;
  setting<breaker_scope> scope;
};

struct bulkhead_document {
  setting<std::uint64_t> calls;
  setting<std::uint64_t> queue;
  setting<duration> longest_wait;
};

// So many in such a time: `100/s`.
struct rate {
  std::uint64_t permits = 0;
  duration per{};
};

// Whom a rate is counted for: all together, or each client, or each value of a header.
struct rate_source {
  enum class kind : std::uint8_t { everyone, client, header } what = kind::everyone;
  std::string header;  // lower case
};

struct rate_limit_document {
  setting<config::rate> rate;
  setting<std::uint64_t> burst;
  setting<duration> longest_wait;
  setting<rate_source> by;
  setting<bool> shared;
};

struct adaptive_limit_document {
  setting<std::uint64_t> initial;
  setting<std::uint64_t> least;
  setting<std::uint64_t> most;
  setting<double> tolerance;
};

struct throttle_document {
  setting<double> factor;
  setting<duration> within;
  setting<std::uint64_t> min_calls;
};

// `p95`, or a duration.
struct hedge_delay {
  std::optional<duration> fixed;
  double percentile = 0;  // 0.95; where there is no duration
};

struct hedge_document {
  setting<hedge_delay> after;
  setting<std::uint64_t> attempts;
};

struct cache_document {
  setting<duration> for_;
  setting<duration> stale_if_error;
  setting<std::uint64_t> capacity;  // bytes
  setting<bool> coalesce;
};

// What a service, a route, a step and a policy say in the same words. The nearest that says a word
// wins, whole: step, route, service, `policy: NAME`, the policy `default`.
struct policy_document {
  setting<duration> timeout;
  setting<duration> attempt_timeout;
  setting<duration> connect_timeout;
  setting<switchable<retry_document>> retry;
  setting<switchable<breaker_document>> breaker;
  setting<switchable<bulkhead_document>> bulkhead;
  setting<switchable<rate_limit_document>> rate_limit;
  setting<switchable<adaptive_limit_document>> adaptive_limit;
  setting<switchable<throttle_document>> throttle;
  setting<switchable<hedge_document>> hedge;
  setting<switchable<cache_document>> cache;
};

}  // namespace weir::gateway::config
