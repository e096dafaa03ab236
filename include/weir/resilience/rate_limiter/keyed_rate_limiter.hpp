#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/resilience/rate_limiter/rate_limiter.hpp"

namespace weir {

// The rate of each key, and how many keys are remembered.
struct keyed_rate_limiter_options {
  std::string name = {};            // for reports
  rate allow = bursty{};            // of each key
  std::size_t most_keys = 100'000;  // remembered at once; about 50 bytes each, as they come

  option_problems validate() const;
  friend bool operator==(const keyed_rate_limiter_options&,
                         const keyed_rate_limiter_options&) = default;
};

// A rate for each key: a client's address, a user, a tenant. Each key has a token bucket of its own
// (GCRA, as rate_limiter has); nobody waits.
//
// Memory is bounded. A key whose bucket is full again is the same as one that never came, and is
// dropped when room is wanted. When more keys than `most_keys` are active at a time, the one whose
// bucket is nearest to full makes way and begins anew: the limiter fails open, towards whoever used
// it least, because a stranger must not be turned away for what others did. view::forgotten counts
// how often. Keys themselves are not kept, but 64 bits of each (SipHash).
//
// A handle: copies share the buckets. Thread-safe: sixteen locks, each held for a look-up.
class keyed_rate_limiter {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit keyed_rate_limiter(keyed_rate_limiter_options options = {});

  // Leave for `permits` calls of this key at this instant, or none.
  result<void, rejection> try_acquire(std::string_view key, time_point now,
                                      std::uint32_t permits = 1) const;

  // The same, and how the key stands after it: for whoever tells its clients.
  struct standing {
    bool admitted = false;
    std::uint32_t available = 0;              // calls of the key that may go at this instant
    duration full_in = duration::zero();      // until it may use its whole burst
    duration retry_after = duration::zero();  // not admitted: until it is worth asking again
  };
  standing ask(std::string_view key, time_point now, std::uint32_t permits = 1) const;

  // What look() sees, for people and metrics.
  struct view {
    std::size_t keys = 0;        // remembered now
    std::uint64_t admitted = 0;  // since it was made
    std::uint64_t rejected = 0;
    std::uint64_t forgotten = 0;  // keys that made way before their bucket was full
  };
  view look() const;
  const keyed_rate_limiter_options& options() const noexcept;

  // For counting together with others (weir::shared_rates does): what was admitted here for each
  // key since the last time, from when it is first asked for; and what others took.
  struct used {
    std::uint64_t key;  // digest(key)
    std::uint64_t permits;
  };
  std::vector<used> take_used() const;
  // The bucket of the key is not full before that instant, and what was admitted here and not yet
  // taken comes on top.
  void catch_up(std::uint64_t key, time_point full_at, time_point now) const;
  static std::uint64_t digest(std::string_view key) noexcept;

  friend bool operator==(const keyed_rate_limiter&, const keyed_rate_limiter&) noexcept = default;

 private:
  class shared;
  std::shared_ptr<shared> shared_;
};

}  // namespace weir
