#include "weir/resilience/circuit_breaker/state.hpp"

#include <algorithm>
#include <type_traits>

namespace weir::detail {
namespace {

// The window of a rule, or zero if it has none.
duration window_of(const trip_rule& rule) noexcept {
  if (const auto* r = std::get_if<failure_ratio>(&rule)) return r->within;
  if (const auto* r = std::get_if<slow_ratio>(&rule)) return r->within;
  return duration::zero();
}

}  // namespace

std::vector<duration> windows_of(const trip_rules& rules) {
  std::vector<duration> windows;
  for (const trip_rule& r : rules.all()) {
    if (const duration within = window_of(r); within != duration::zero()) windows.push_back(within);
  }
  return windows;
}

circuit_state::circuit_state(const circuit_options& options, std::span<window_grid* const> grids)
    : rules_(place(options, grids)), options_(&options) {}

std::vector<circuit_state::placed_rule> circuit_state::place(const circuit_options& options,
                                                             std::span<window_grid* const> grids) {
  std::vector<placed_rule> placed;
  placed.reserve(options.trip.all().size());
  std::size_t next_grid = 0;
  for (const trip_rule& r : options.trip.all()) {
    placed.push_back(std::visit(
        [&](const auto& o) -> placed_rule {
          using type = std::remove_cvref_t<decltype(o)>;
          if constexpr (std::is_same_v<type, failures_in_a_row>) {
            return {row_rule(o), nullptr};
          } else if constexpr (std::is_same_v<type, failures_within>) {
            return {within_rule(o), nullptr};
          } else if constexpr (std::is_same_v<type, failing_buckets>) {
            return {bucket_rule(o), nullptr};
          } else if constexpr (std::is_same_v<type, failure_ratio> ||
                               std::is_same_v<type, slow_ratio>) {
            ratio_rule made(o, most_buckets);
            made.window = next_grid;
            return {std::move(made), grids[next_grid++]};
          } else {
            return {last_rule(o), nullptr};
          }
        },
        r));
  }
  return placed;
}

circuit_state::admission circuit_state::try_acquire(time_point now) {
  settle(now);
  if (mode_ == circuit_mode::open && now >= reopens_at() && !held_) {
    go(circuit_mode::half_open, transition_cause::open_time_over, now);
    in_flight_ = succeeded_ = failed_ = 0;
    half_open_since_ = now;
    until_ = half_open_until();
  }
  switch (mode_) {
    case circuit_mode::closed:
    case circuit_mode::disabled:
    case circuit_mode::metrics_only:
      return {true, duration::zero()};
    case circuit_mode::open:
      return {false, std::max(duration::zero(), reopens_at() - now)};
    case circuit_mode::forced_open:
      return {false, duration::zero()};
    case circuit_mode::half_open:
      if (held_ || (ramping() ? !ramp_admits(now) : !has_slot())) return {false, duration::zero()};
      ++in_flight_;
      return {true, duration::zero()};
  }
  return {false, duration::zero()};
}

void circuit_state::record(const finished_call& call, const success_counts& successes) {
  settle(call.now);
  if (call.generation != generation_) return;
  if (mode_ == circuit_mode::half_open) {
    ramping() ? record_on_ramp(call) : record_probe(call);
    return;
  }
  if (mode_ != circuit_mode::closed && mode_ != circuit_mode::metrics_only) return;
  if (call.how == verdict::ignored) return;
  const call_record c{call.now, call.now - call.started, call.how == verdict::failure};
  for (placed_rule& r : rules_) {
    std::visit([&](auto& run) { run.record(c, r.grid); }, r.run);
  }
  look(call.now, successes);
  if (mode_ == circuit_mode::open && since_call_start()) {
    until_ = saturating_add(call.started, options_->open_for.after(openings_));
  }
}

void circuit_state::look(time_point now, const success_counts& successes) {
  if (mode_ != circuit_mode::closed && mode_ != circuit_mode::metrics_only) return;
  marks_ = 0;
  trip_view tripped;
  for (placed_rule& r : rules_) {
    const trip_view seen = view(r, now, successes);
    if (seen.trips && !tripped.trips) tripped = seen;
    if (auto* ratio = std::get_if<ratio_rule>(&r.run)) {
      marks_ = std::max(marks_, ratio->bad(r.grid->epoch(now)));
    }
  }
  if (!tripped.trips || mode_ == circuit_mode::metrics_only || now < trips_from_) return;
  tripped_failures_ = tripped.bad;
  tripped_rate_ = tripped.rate;
  open(transition_cause::tripped, now, now);
}

void circuit_state::open(transition_cause why, time_point now, time_point since) {
  go(circuit_mode::open, why, now);
  ++openings_;
  until_ = saturating_add(since, options_->open_for.after(openings_));
}

void circuit_state::close(transition_cause why, time_point now) {
  trips_from_ = why == transition_cause::probe_succeeded
                    ? saturating_add(now, options_->closed_at_least)
                    : time_point::min();
  go(circuit_mode::closed, why, now);
  openings_ = 0;
}

void circuit_state::force(circuit_mode to, transition_cause why, time_point now,
                          const success_counts& successes) {
  settle(now);
  if (mode_ == circuit_mode::closed) {
    const trip_view seen = primary(now, successes);
    tripped_failures_ = seen.bad;
    tripped_rate_ = seen.rate;
  }
  if (why == transition_cause::reset || to == circuit_mode::closed) {
    close(why, now);
  } else if (to == circuit_mode::open) {
    open(why, now, now);
  } else {
    go(to, why, now);
  }
}

void circuit_state::record_elsewhere(verdict how, std::uint32_t calls, time_point now,
                                     const success_counts& successes) {
  settle(now);
  if (mode_ != circuit_mode::closed && mode_ != circuit_mode::metrics_only) return;
  const call_record c{now, duration::zero(), how == verdict::failure};
  for (placed_rule& r : rules_) {
    for (std::uint32_t i = 0; i < calls; ++i) {
      std::visit([&](auto& run) { run.record(c, r.grid); }, r.run);
    }
  }
  look(now, successes);
}

void circuit_state::open_elsewhere(time_point until, std::uint64_t failures, time_point now) {
  settle(now);
  if (mode_ == circuit_mode::open) {
    until_ = std::max(until_, until);
    tripped_failures_ = std::max(tripped_failures_, failures);
    return;
  }
  if (mode_ != circuit_mode::closed && mode_ != circuit_mode::half_open) return;
  tripped_failures_ = failures;
  go(circuit_mode::open, transition_cause::elsewhere, now);
  ++openings_;
  until_ = until;
}

void circuit_state::close_elsewhere(time_point now) {
  settle(now);
  if (mode_ == circuit_mode::open || mode_ == circuit_mode::half_open) {
    close(transition_cause::elsewhere, now);
  }
}

void circuit_state::go(circuit_mode to, transition_cause why, time_point now) {
  constexpr std::uint8_t most = 4;
  if (!transitions_) transitions_ = std::make_unique<circuit_transition[]>(most);
  transitions_[pending_] = {mode_, to, why, now};
  if (pending_ + 1 < most) ++pending_;
  ++transition_count_;
  if (to == circuit_mode::closed || to == circuit_mode::metrics_only) {
    for (placed_rule& r : rules_) {
      // Buckets go on from a recovery: it was in them that it was judged.
      if (recovered_ && std::holds_alternative<bucket_rule>(r.run)) continue;
      std::visit([](auto& run) { run.clear(); }, r.run);
    }
    recovered_ = false;
    tripped_failures_ = 0;
    tripped_rate_ = -1;
  }
  if (to == circuit_mode::open) {
    if (bucket_rule* const b = buckets()) b->clear();
  }
  mode_ = to;
  marks_ = 0;
  in_flight_ = succeeded_ = failed_ = 0;
  if (++generation_ == 0) generation_ = 1;
}

void circuit_state::reconfigure(const circuit_options& options, bool new_rules,
                                std::span<window_grid* const> grids) {
  if (new_rules) {
    rules_ = place(options, grids);
    marks_ = 0;
  }
  const bool other_probes = options.half_open != options_->half_open;
  options_ = &options;
  if (mode_ == circuit_mode::half_open && other_probes) {
    // Verdicts counted towards another number may be more than are needed now, and then no further
    // probe, whose verdict could decide, would be let through.
    succeeded_ = failed_ = 0;
    until_ = half_open_until();
  }
}

circuit_mode circuit_state::mode_at(time_point now) const noexcept {
  if (mode_ == circuit_mode::open && now >= reopens_at() && !on_call()) {
    return circuit_mode::half_open;
  }
  return mode_;
}

bool circuit_state::refuses() const noexcept {
  if (held_ && mode_ == circuit_mode::open) return false;  // until when, time alone does not tell
  return mode_ == circuit_mode::open || mode_ == circuit_mode::forced_open ||
         (mode_ == circuit_mode::half_open && !ramping() && !has_slot());
}

time_point circuit_state::half_open_until() const noexcept {
  const duration most = ramping() ? options_->half_open.ramp : options_->half_open.longest_wait;
  return most == duration::zero() ? time_point::max() : saturating_add(half_open_since_, most);
}

time_point circuit_state::wake_at() const noexcept {
  if (mode_ == circuit_mode::open) return reopens_at();
  return mode_ == circuit_mode::half_open ? until_ : time_point::max();
}

time_point circuit_state::reopens_at() const noexcept {
  return options_->reopens == reopening::exclusive ? saturating_add(until_, duration(1)) : until_;
}

bool circuit_state::minds_success() const noexcept {
  for (const placed_rule& r : rules_) {
    if (std::visit([](const auto& run) { return run.minds_success(); }, r.run)) return true;
  }
  return false;
}

trip_view circuit_state::view(placed_rule& r, time_point now,
                              const success_counts& successes) noexcept {
  return std::visit([&](auto& run) { return run.view(now, r.grid, successes); }, r.run);
}

trip_view circuit_state::primary(time_point now, const success_counts& successes) noexcept {
  if (mode_ != circuit_mode::closed && mode_ != circuit_mode::metrics_only) {
    return {tripped_failures_, 0, tripped_rate_, false};
  }
  return view(rules_.front(), now, successes);
}

double circuit_state::slow_rate(time_point now, const success_counts& successes) noexcept {
  for (placed_rule& r : rules_) {
    auto* const ratio = std::get_if<ratio_rule>(&r.run);
    if (ratio && ratio->watches_time()) return view(r, now, successes).rate;
  }
  return -1;
}

std::span<const circuit_transition> circuit_state::take_transitions() noexcept {
  const std::size_t n = pending_;
  pending_ = 0;
  return {transitions_.get(), n};
}

}  // namespace weir::detail
