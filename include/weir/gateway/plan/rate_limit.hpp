#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/resilience/rate_limiter/keyed_rate_limiter.hpp"
#include "weir/resilience/rate_limiter/rate_limiter.hpp"

namespace weir::gateway {

// Whom a rate is counted for.
enum class counted_by : std::uint8_t { everyone, client, header };
std::string_view to_string(counted_by by) noexcept;

struct rate_limit_options {
  std::string name;  // "route GET /search", "service prices": in metrics and in Redis
  rate_limiter_options allow;
  counted_by by = counted_by::everyone;
  std::string header;   // of counted_by::header, lower case
  bool shared = false;  // with other processes, where there is a Redis

  friend bool operator==(const rate_limit_options&, const rate_limit_options&) = default;
};

// A `rate_limit:` of a route or of a service as the process keeps it: one bucket for everyone, or
// one for each client. Thread-safe.
class rate_limit {
 public:
  explicit rate_limit(rate_limit_options options);

  const rate_limit_options& options() const noexcept { return options_; }
  // One of the two is there.
  const std::optional<rate_limiter>& for_all() const noexcept { return all_; }
  const std::optional<keyed_rate_limiter>& for_each() const noexcept { return each_; }

  // Leave for one request, and how its caller stands after it. `key`: whose it is, where they are
  // told apart.
  keyed_rate_limiter::standing ask(std::string_view key, time_point now) const;

  struct view {
    std::uint64_t admitted = 0;
    std::uint64_t rejected = 0;
    std::size_t keys = 0;         // remembered now
    std::uint64_t forgotten = 0;  // …that made way for others
  };
  view look(time_point now) const;

  // "100 in 1s, 20 at once, for each client": for people.
  const std::string& text() const noexcept { return text_; }
  // RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), the whole line, and the beginning of
  // RateLimit, up to the number that is left.
  const std::string& policy_lines() const noexcept { return policy_lines_; }

 private:
  rate_limit_options options_;
  std::optional<rate_limiter> all_;
  std::optional<keyed_rate_limiter> each_;
  std::string text_;
  std::string policy_lines_;
};

// Hands a limit on from one configuration to the next as long as its options stay the same. Belongs
// to load and reload: one thread.
class rate_limits {
 public:
  std::shared_ptr<const rate_limit> of(const rate_limit_options& options);

 private:
  // By name. Held by the plans: a configuration that is refused leaves nothing behind.
  std::map<std::string, std::vector<std::weak_ptr<const rate_limit>>, std::less<>> known_;
};

}  // namespace weir::gateway
