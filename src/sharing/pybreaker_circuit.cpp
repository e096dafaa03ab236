#include "pybreaker_circuit.hpp"

#include <algorithm>
#include <utility>

#include "scripts.hpp"

namespace weir::sharing {
namespace {

constexpr duration beat = std::chrono::milliseconds(100);

std::string key(const std::string& space, std::string_view last) {
  return (space.empty() ? "pybreaker:" : space + ":pybreaker:") + std::string(last);
}

}  // namespace

pybreaker_circuit::pybreaker_circuit(io::loop& on, link& by, const circuit_breaker& breaker,
                                     const std::string& space)
    : loop_(on),
      link_(by),
      breaker_(breaker),
      state_key_(key(space, "state")),
      failures_key_(key(space, "fail_counter")),
      successes_key_(key(space, "success_counter")),
      opened_key_(key(space, "opened_at")),
      ear_(on, breaker, [this](const circuit_event& e) { on_event(e); }),
      tick_(on, delegate<void()>::to<&pybreaker_circuit::on_tick>(*this)) {
  gate_->open = this;
}

pybreaker_circuit::~pybreaker_circuit() {
  gate_->open = nullptr;
}

pybreaker_circuit::mark pybreaker_circuit::now_known() const {
  const circuit_snapshot s = breaker_.snapshot(loop_.now());
  return {s.transitions, s.failed, s.successful};
}

void pybreaker_circuit::on_event(const circuit_event& e) {
  if (!link_.up()) return;
  if (e.kind == circuit_event_kind::failure) {
    link_.increment(failures_key_);
    ++known_failures_;
    return;
  }
  if (e.why == transition_cause::elsewhere) return;
  switch (e.to) {
    case circuit_mode::open:
      link_.run(scripts::pybreaker_open, {state_key_, opened_key_}, {});
      link_.set(successes_key_, "0");
      break;
    case circuit_mode::half_open:
      link_.set(state_key_, "half-open");
      link_.set(successes_key_, "0");
      break;
    case circuit_mode::closed:
      link_.set(failures_key_, "0");
      link_.set(state_key_, "closed");
      break;
    default:
      break;  // forced states are this process' own
  }
}

void pybreaker_circuit::on_up() {
  link_.run(scripts::pybreaker_begin, {state_key_, failures_key_, successes_key_}, {});
  const circuit_snapshot here = breaker_.snapshot(loop_.now());
  told_successes_ = here.successful;
  // What opened while the server was away.
  if (here.state == circuit_mode::open) {
    link_.run(scripts::pybreaker_open, {state_key_, opened_key_}, {});
    link_.set(failures_key_, std::to_string(here.failures));
  }
  on_tick();
}

void pybreaker_circuit::on_down() {
  tick_.disarm();
}

// A success in the closed state sets the count to zero, as pybreaker does at each.
void pybreaker_circuit::tell_success() {
  const circuit_snapshot s = breaker_.snapshot(loop_.now());
  const bool more = std::exchange(told_successes_, s.successful) != s.successful;
  if (more && s.state == circuit_mode::closed && s.failures == 0 && known_failures_ != 0) {
    link_.set(failures_key_, "0");
    known_failures_ = 0;
  }
}

void pybreaker_circuit::on_tick() {
  if (!link_.up()) return;
  tell_success();
  link_.run(scripts::pybreaker_look, {state_key_, failures_key_, opened_key_}, {},
            [g = gate_, before = now_known()](const redis::reply* answer) {
              if (!g->open || !answer || answer->size() != 3) return;
              pybreaker_circuit& self = *g->open;
              if (self.now_known() != before) return;
              self.take_in(
                  (*answer)[0].text(),
                  static_cast<std::uint64_t>(std::max<std::int64_t>(0, (*answer)[1].integer())),
                  std::chrono::milliseconds((*answer)[2].integer()));
            });
  tick_.arm(loop_.now() + beat);
}

void pybreaker_circuit::take_in(std::string_view state, std::uint64_t failures,
                                duration since_opened) {
  const time_point now = loop_.now();
  known_failures_ = failures;
  const circuit_snapshot here = breaker_.snapshot(now);
  if (state == "open") {
    const duration open_for = breaker_.options().open_for.after(1);
    // Where we are half-open, a probe of theirs failed after our open time was over.
    if (here.state == circuit_mode::closed ||
        (here.state == circuit_mode::half_open && since_opened < open_for)) {
      breaker_.opened_elsewhere(saturating_add(now, open_for - since_opened), failures, now);
    }
    return;
  }
  if (state == "half-open") {
    // One of theirs is probing: so may we.
    if (here.state == circuit_mode::closed) breaker_.opened_elsewhere(now, failures, now);
    return;
  }
  if (here.state == circuit_mode::open || here.state == circuit_mode::half_open) {
    breaker_.closed_elsewhere(now);
    return;
  }
  if (failures == here.failures) return;
  if (failures < here.failures) breaker_.succeeded_elsewhere(1, now);
  const std::uint64_t known = breaker_.snapshot(now).failures;
  for (std::uint64_t i = known; i < std::min<std::uint64_t>(failures, known + 1000); ++i) {
    breaker_.failed_elsewhere(now);
  }
}

}  // namespace weir::sharing
