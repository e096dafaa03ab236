#pragma once

#include <memory>
#include <string>

#include "circuit_ear.hpp"
#include "link.hpp"
#include "participant.hpp"
#include "probe_lease.hpp"
#include "weir/sharing/shared_circuits.hpp"

namespace weir::sharing {

// One circuit that is shared: hears what happens here and tells it, takes in what others tell.
// Belongs to the loop's thread; the circuit's events come from any thread and are posted to it.
class shared_circuit final : public participant {
 public:
  shared_circuit(io::loop& on, link& by, const circuit_breaker& breaker, circuit_sharing how,
                 duration lease);
  ~shared_circuit() override;
  shared_circuit(const shared_circuit&) = delete;
  shared_circuit& operator=(const shared_circuit&) = delete;

  void on_up() override;
  void on_down() override;
  void on_message(const message& m) override;

 private:
  // For answers of the server that come when this is gone.
  struct gate {
    shared_circuit* open = nullptr;
  };

  void on_event(const circuit_event& e);
  void opened_here(duration open_for, std::uint64_t failures, time_point at);
  void closed_here();
  void opened_there(duration left, std::uint64_t failures);
  void closed_there();

  void on_tick();
  void tell_successes();
  void tell_earlier_successes(std::uint64_t at_least);
  void tell(message::word what, std::uint64_t first = 0);
  message word_of(message::word what, std::uint64_t first = 0, std::uint64_t second = 0) const;
  void tell_open(duration left, std::uint64_t failures);
  void tell_closed();
  void learn_term(const redis::reply& from);
  void vote(duration open_for, std::uint64_t failures);
  void watch(duration how_long);

  void stand_by();

  io::loop& loop_;
  link& link_;
  circuit_breaker breaker_;
  const circuit_sharing how_;
  const std::string state_key_;
  const std::string term_key_;
  const std::string votes_key_;
  std::shared_ptr<gate> gate_ = std::make_shared<gate>();
  probe_lease lease_;
  circuit_ear ear_;

  std::uint64_t term_ = 0;  // counts the closings for all; an opening of an earlier one is void
  std::uint64_t told_successes_ = 0;  // of the circuit's total
  time_point warm_until_{};  // until then successes are told: somebody has counted failures
  bool together_ = false;    // it is open for all, and one probes for all
  io::timer tick_;
};

}  // namespace weir::sharing
