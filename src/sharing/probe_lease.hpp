#pragma once

#include <functional>
#include <memory>
#include <string>

#include "link.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::sharing {

// Who of all processes probes while a circuit is open for all: the one that has the lease, a key in
// the server that runs out, so that a dead holder keeps nobody waiting for long. The probes of all
// others are held back. Belongs to the loop's thread.
class probe_lease {
 public:
  // Tells the other processes something about the circuit.
  using teller = std::function<void(message::word)>;
  probe_lease(io::loop& on, link& by, const circuit_breaker& breaker, duration lasts, teller tell);
  ~probe_lease();
  probe_lease(const probe_lease&) = delete;
  probe_lease& operator=(const probe_lease&) = delete;

  // It opened for all: whoever just probed has had its turn.
  void stand_by();
  // It closed for all, or goes on alone.
  void end();
  // This process takes part no longer: who waits may have it.
  void leave();

  void on_tick(time_point now);
  void on_wanted() { other_wants_ = true; }
  void on_freed();

 private:
  // For answers of the server that come when this is gone.
  struct gate {
    probe_lease* open = nullptr;
  };

  void ask(std::function<void(const redis::reply*)> then);
  void try_for_it(time_point now);
  void keep_or_give(time_point now);
  void give_up();
  void drop();
  void hold(bool held);

  io::loop& loop_;
  link& link_;
  circuit_breaker breaker_;
  const duration lasts_;
  const std::string key_;
  const teller tell_;
  std::shared_ptr<gate> gate_ = std::make_shared<gate>();

  bool under_way_ = false;  // from stand_by() to end()
  bool held_ = false;
  bool mine_ = false;
  bool asking_ = false;  // without an answer yet
  bool other_wants_ = false;
  std::uint64_t seen_rejections_;
  time_point renewed_{};
  time_point next_try_{};
  time_point next_wish_{};
};

}  // namespace weir::sharing
