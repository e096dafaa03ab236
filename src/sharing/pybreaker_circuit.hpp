#pragma once

#include <memory>
#include <string>

#include "circuit_ear.hpp"
#include "link.hpp"
#include "participant.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::sharing {

// A circuit kept in the keys of pybreaker's CircuitRedisStorage, `[space:]pybreaker:` with
// fail_counter, success_counter, state and opened_at, so that programs in Python share it. They
// look at the keys with every call; we look every tenth of a second and write down at once what
// happens here. Belongs to the loop's thread.
class pybreaker_circuit final : public participant {
 public:
  pybreaker_circuit(io::loop& on, link& by, const circuit_breaker& breaker,
                    const std::string& space);
  ~pybreaker_circuit() override;

  void on_up() override;
  void on_down() override;
  void on_message(const message&) override {}

 private:
  struct gate {
    pybreaker_circuit* open = nullptr;
  };
  // What is known when a look is sent: an answer that finds more has happened here is out of date.
  struct mark {
    std::uint64_t transitions;
    std::uint64_t failed;
    std::uint64_t successful;
    bool operator==(const mark&) const = default;
  };

  void on_event(const circuit_event& e);
  void on_tick();
  void tell_success();
  void take_in(std::string_view state, std::uint64_t failures, duration since_opened);
  mark now_known() const;

  io::loop& loop_;
  link& link_;
  circuit_breaker breaker_;
  const std::string state_key_;
  const std::string failures_key_;
  const std::string successes_key_;
  const std::string opened_key_;
  std::shared_ptr<gate> gate_ = std::make_shared<gate>();
  std::uint64_t told_successes_ = 0;
  std::uint64_t known_failures_ = 0;  // in the keys, when last seen
  circuit_ear ear_;
  io::timer tick_;
};

}  // namespace weir::sharing
