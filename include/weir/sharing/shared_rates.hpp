#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weir/redis/settings.hpp"
#include "weir/resilience/rate_limiter/keyed_rate_limiter.hpp"
#include "weir/resilience/rate_limiter/rate_limiter.hpp"

namespace weir {

// Lets limiters of one name in several processes count together, through a Redis or Valkey server.
//
// A call never waits for it: each process decides by its own bucket. Every so often a thread of
// this object tells the server what was admitted here, of the keys that were in use, and learns how
// full the bucket of all is; its own is then no fuller. The server keeps one number for each bucket
// in use (GCRA's, by the server's TIME), which goes when the bucket is full again. Of keys it sees
// 64 bits, not the address or the value.
//
// What that costs in exactness: between two exchanges the processes do not see each other, so P of
// them admit together in any time T at most
//
//     burst + rate * T + (P - 1) * (burst + rate * E + 1)
//
// where E is `every` plus the way to the server and back. What was admitted too much is paid back:
// over a long time the rate holds, however many they are. When the server is gone each process goes
// on alone, with the whole rate, and joins again when it is back.
//
// Thread-safe. The limiters may be used by any thread meanwhile; destroying this lets them go on
// alone.
class shared_rates final {
 public:
  struct settings {
    redis::settings server;
    // The first part of every key; processes that share must agree on it.
    std::string prefix = "weir";
    duration every = std::chrono::milliseconds(50);  // 10 ms … 10 s
    // Told on the thread of this object when the server comes and goes; `why` for the latter.
    std::function<void(bool up, std::string_view why)> on_server = {};
  };

  explicit shared_rates(settings s);
  ~shared_rates();
  shared_rates(const shared_rates&) = delete;
  shared_rates& operator=(const shared_rates&) = delete;

  // From now on, by the name in its options; another of that name is let go.
  void share(const rate_limiter& limiter);
  void share(const keyed_rate_limiter& limiter);
  void leave(const std::string& name);
  bool connected() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir
