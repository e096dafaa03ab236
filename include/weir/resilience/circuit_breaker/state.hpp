#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "weir/resilience/circuit_breaker/events.hpp"
#include "weir/resilience/circuit_breaker/options.hpp"
#include "weir/resilience/circuit_breaker/trip.hpp"
#include "weir/resilience/outcome.hpp"

namespace weir::detail {

struct circuit_transition {
  circuit_mode from;
  circuit_mode to;
  transition_cause why;
  time_point at;
};

struct finished_call {
  time_point started;
  time_point now;
  verdict how;
  std::uint32_t generation;
};

// The circuit breaker as a pure state machine: what is let through, what a verdict changes, what
// time changes. Every state has a generation; a verdict of another generation changes nothing, so a
// call that began before a transition cannot undo it. Successes in time windows are counted outside
// and asked for through success_counts. Not thread-safe; knows time only as an argument.
class circuit_state {
 public:
  // One grid for each time-window rule, in order of the rules. They and the options outlive the
  // state, or are replaced by reconfigure().
  circuit_state(const circuit_options& options, std::span<window_grid* const> grids);

  struct admission {
    bool admitted;
    duration retry_after;
  };
  admission try_acquire(time_point now);
  void record(const finished_call& call, const success_counts& successes);
  // Looks at the windows again, for successes that were counted without record().
  void look(time_point now, const success_counts& successes);
  // Makes the transitions that time alone brings: half-open for too long.
  void settle(time_point now);

  void force(circuit_mode to, transition_cause why, time_point now,
             const success_counts& successes);

  // What other processes that share the circuit saw. Successes of theirs in time windows are
  // counted outside, like ours.
  void record_elsewhere(verdict how, std::uint32_t calls, time_point now,
                        const success_counts& successes);
  // Opens until then, or takes over the later end; forced states stay.
  void open_elsewhere(time_point until, std::uint64_t failures, time_point now);
  void close_elsewhere(time_point now);
  // While held, no probe is sent although the open time is over, nor a further one where some were
  // sent: another process may send it.
  void hold_probes(bool held) noexcept { held_ = held; }

  // Takes over other options. The state and its remaining time stay; the rules' memory is kept
  // unless `new_rules` says that they are others. Half-open under other half_open options, the
  // verdicts of probes are counted from here.
  void reconfigure(const circuit_options& options, bool new_rules,
                   std::span<window_grid* const> grids);

  circuit_mode mode() const noexcept { return mode_; }
  // As it is at `now`, though no call has come to make it so.
  circuit_mode mode_at(time_point now) const noexcept;
  std::uint32_t generation() const noexcept { return generation_; }

  // Nobody is let through now, nor before wake_at() unless a verdict comes.
  bool refuses() const noexcept;
  time_point wake_at() const noexcept;
  // Reading the state does not change it.
  bool on_call() const noexcept { return options_->evaluated == evaluation::on_call; }
  // When an open circuit lets a probe through.
  time_point reopens_at() const noexcept;

  // A success must come through record(), because a rule minds it…
  bool minds_success() const noexcept;
  // …or look() may have to follow it, because a window holds marks: at most so many.
  std::uint64_t marks() const noexcept { return marks_; }

  // What the first rule sees; while not closed, what the rule that tripped saw.
  trip_view primary(time_point now, const success_counts& successes) noexcept;
  double slow_rate(time_point now, const success_counts& successes) noexcept;
  std::uint32_t probes_in_flight() const noexcept { return in_flight_; }
  std::uint32_t probes_succeeded() const noexcept { return succeeded_; }
  std::uint64_t transition_count() const noexcept { return transition_count_; }

  // The transitions since take_transitions() was last called; at most four come of one call.
  std::span<const circuit_transition> take_transitions() noexcept;

 private:
  using rule = std::variant<row_rule, within_rule, ratio_rule, last_rule, bucket_rule>;
  struct placed_rule {
    rule run;
    window_grid* grid;  // null for a rule without a time window
  };

  static std::vector<placed_rule> place(const circuit_options& options,
                                        std::span<window_grid* const> grids);
  void go(circuit_mode to, transition_cause why, time_point now);
  void open(transition_cause why, time_point now, time_point since);
  void close(transition_cause why, time_point now);
  void record_probe(const finished_call& call);
  void record_on_ramp(const finished_call& call);
  bool has_slot() const noexcept;
  bool ramping() const noexcept { return options_->half_open.ramp != duration::zero(); }
  bool since_call_start() const noexcept { return options_->since == open_since::call_start; }
  bool ramp_admits(time_point now) const noexcept;
  // When a half-open circuit has recovered by its ramp, or gives up waiting for a decision.
  time_point half_open_until() const noexcept;
  bucket_rule* buckets() noexcept;
  trip_view view(placed_rule& r, time_point now, const success_counts& successes) noexcept;

  std::vector<placed_rule> rules_;
  const circuit_options* options_;
  bool held_ = false;
  bool recovered_ = false;  // it goes from a ramp to closed
  time_point half_open_since_{};
  time_point trips_from_ = time_point::min();  // it does not trip before

  circuit_mode mode_ = circuit_mode::closed;
  std::uint8_t pending_ = 0;
  std::uint32_t generation_ = 1;  // never 0
  std::uint32_t openings_ = 0;    // in succession
  std::uint32_t in_flight_ = 0;   // half-open: probes without a verdict
  std::uint32_t succeeded_ = 0;
  std::uint32_t failed_ = 0;
  time_point until_{};  // open: its end; half-open: when it gives up waiting
  std::uint64_t marks_ = 0;
  std::uint64_t tripped_failures_ = 0;  // what was counted when it left the closed state
  double tripped_rate_ = -1;
  std::uint64_t transition_count_ = 0;
  // Room for four; there from the first on, since most circuits never change.
  std::unique_ptr<circuit_transition[]> transitions_;
};

// The time windows that these rules need, in their order.
std::vector<duration> windows_of(const trip_rules& rules);

}  // namespace weir::detail
