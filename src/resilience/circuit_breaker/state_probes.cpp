// How a half-open circuit finds out whether it may close: by permits, or by a ramp.

#include <cmath>

#include "weir/resilience/circuit_breaker/state.hpp"

namespace weir::detail {

// Probes beyond those whose verdicts can still decide would be sent for nothing, unless the options
// ask for more at a time than are needed.
bool circuit_state::has_slot() const noexcept {
  if (in_flight_ >= options_->half_open.permits) return false;
  const std::uint32_t verdicts = options_->half_open.verdicts();
  return options_->half_open.permits > verdicts || in_flight_ + succeeded_ + failed_ < verdicts;
}

void circuit_state::record_probe(const finished_call& call) {
  --in_flight_;
  if (call.how == verdict::ignored) return;
  if (call.how == verdict::ok) {
    if (++succeeded_ >= options_->half_open.successes_needed()) {
      close(transition_cause::probe_succeeded, call.now);
    }
    return;
  }
  ++tripped_failures_;
  if (++failed_ + options_->half_open.successes_needed() > options_->half_open.verdicts()) {
    open(transition_cause::probe_failed, call.now, since_call_start() ? call.started : call.now);
  }
}

void circuit_state::settle(time_point now) {
  if (mode_ != circuit_mode::half_open || now < until_) return;
  if (ramping()) {
    recovered_ = true;
    close(transition_cause::probe_succeeded, on_call() ? now : until_);
  } else {
    // Counted from when the wait ran out, not from when somebody noticed.
    open(transition_cause::probe_missing, until_, until_);
  }
}

// 2^(t/ramp) goes from one to two. Its first instant admits nobody.
bool circuit_state::ramp_admits(time_point now) const noexcept {
  const double t = static_cast<double>((now - half_open_since_).count()) /
                   static_cast<double>(options_->half_open.ramp.count());
  return 1 + (options_->random ? *options_->random : thread_random()).unit() < std::exp2(t);
}

void circuit_state::record_on_ramp(const finished_call& call) {
  --in_flight_;
  if (call.how == verdict::ignored) return;
  const bool failed = call.how == verdict::failure;
  ++(failed ? failed_ : succeeded_);
  if (failed) ++tripped_failures_;
  bool again = false;
  if (bucket_rule* const b = buckets()) {
    b->record({call.now, call.now - call.started, failed}, nullptr);
    again = b->recovery_failed(call.now);
  } else {
    const std::uint32_t calls = failed_ + succeeded_;
    again = failed && calls >= options_->half_open.ramp_min_calls &&
            static_cast<double>(failed_) / calls >= options_->half_open.ramp_ratio;
  }
  if (again) {
    open(transition_cause::probe_failed, call.now, since_call_start() ? call.started : call.now);
  }
}

bucket_rule* circuit_state::buckets() noexcept {
  for (placed_rule& r : rules_) {
    if (auto* const b = std::get_if<bucket_rule>(&r.run)) return b;
  }
  return nullptr;
}

}  // namespace weir::detail
