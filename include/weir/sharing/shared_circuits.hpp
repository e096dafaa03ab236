#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weir/redis/settings.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir {

// How circuits of one name in several processes act together.
struct circuit_sharing {
  enum class kind : std::uint8_t {
    sum,     // what all processes see counts together, and it opens for all
    quorum,  // it opens for all once so many processes have opened it for themselves
    // With programs in Python that use pybreaker's CircuitRedisStorage: its keys and rules. It
    // elects nobody to probe, and its times are whole seconds. For a circuit of failures in a row.
    pybreaker,
  };
  kind how = kind::sum;
  // For quorum: so many processes; 1: any; 0: the majority of those that share circuits now.
  std::uint32_t processes = 0;
  // For pybreaker: its `namespace`, which is all that its keys have of a name; may be empty.
  std::string space = {};
};

// Shares circuits over processes through a Redis or Valkey server.
//
// A call never waits for it: decisions are the circuit's own, made on what is known here; a thread
// of this object tells the others what happened and takes in what they tell, usually within a
// millisecond. When the server is gone every circuit goes on alone, and joins again when it is
// back. After an opening one process at a time may probe, elected by a lease in the server; a
// process that holds it and has no calls gives it to one that has. Instants that processes must
// agree on are the server's (TIME).
//
// Thread-safe. Circuits may be used by any thread meanwhile; destroying this lets them go on alone.
class shared_circuits final {
 public:
  struct settings {
    redis::settings server;
    // The first part of every key and channel; processes that share must agree on it.
    std::string prefix = "weir";
    // How long a process that died may keep the others from probing; 100 ms … 60 s.
    duration lease = std::chrono::seconds(1);
    // Told on the thread of this object when the server comes and goes; `why` for the latter.
    std::function<void(bool up, std::string_view why)> on_server = {};
  };

  explicit shared_circuits(settings s);
  ~shared_circuits();
  shared_circuits(const shared_circuits&) = delete;
  shared_circuits& operator=(const shared_circuits&) = delete;

  // From now on; a circuit of that name that is shared already is let go.
  void share(const circuit_breaker& breaker, circuit_sharing how = {});
  void leave(const std::string& name);
  bool connected() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir
