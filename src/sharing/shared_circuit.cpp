#include "shared_circuit.hpp"

#include <algorithm>
#include <utility>

#include "scripts.hpp"

namespace weir::sharing {
namespace {

// How often successes are told and the probe's lease is looked after, while there is anything to
// tell.
constexpr duration beat = std::chrono::milliseconds(20);

// How long after a failure successes are still told: a window is rarely longer, and the row of
// failures that a success ends is told of at once.
constexpr duration warm = std::chrono::seconds(60);

std::string milliseconds(duration d) {
  return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(d).count());
}

// Closed by hand, it is closed for all, whichever word was used; the other states that somebody
// forces are this process's alone.
bool is_ours(const circuit_event& e) {
  return e.why == transition_cause::tripped || e.why == transition_cause::probe_failed ||
         e.why == transition_cause::probe_missing || e.why == transition_cause::probe_succeeded ||
         e.why == transition_cause::reset ||
         (e.why == transition_cause::forced && e.to == circuit_mode::closed);
}

}  // namespace

shared_circuit::shared_circuit(io::loop& on, link& by, const circuit_breaker& breaker,
                               circuit_sharing how, duration lease)
    : loop_(on),
      link_(by),
      breaker_(breaker),
      how_(std::move(how)),
      state_key_(by.key("open", breaker.name())),
      term_key_(by.key("term", breaker.name())),
      votes_key_(by.key("votes", breaker.name())),
      lease_(on, by, breaker, lease, [this](message::word what) { tell(what); }),
      ear_(on, breaker, [this](const circuit_event& e) { on_event(e); }),
      tick_(on, delegate<void()>::to<&shared_circuit::on_tick>(*this)) {
  gate_->open = this;
  told_successes_ = breaker_.snapshot(loop_.now()).successful;
}

shared_circuit::~shared_circuit() {
  gate_->open = nullptr;
  lease_.leave();
}

void shared_circuit::on_event(const circuit_event& e) {
  if (e.kind == circuit_event_kind::failure) {
    if (how_.how == circuit_sharing::kind::sum && e.to == circuit_mode::closed) {
      // One is enough to end a row of failures that others still count.
      tick_.armed() ? tell_successes() : tell_earlier_successes(1);
      tell(message::word::failed, 1);
      watch(warm);
    }
    return;
  }
  if (!is_ours(e)) return;
  if (e.to == circuit_mode::open) opened_here(e.open_for, e.failures, e.at);
  if (e.to == circuit_mode::closed) closed_here();
}

void shared_circuit::opened_here(duration open_for, std::uint64_t failures, time_point at) {
  const duration left = std::max(duration::zero(), saturating_add(at, open_for) - loop_.now());
  if (how_.how == circuit_sharing::kind::quorum && !together_) {
    vote(left, failures);
    return;
  }
  tell_open(left, failures);
}

void shared_circuit::tell_open(duration left, std::uint64_t failures) {
  // Closed again before it came to this, that is what all shall hear.
  if (!link_.up() || breaker_.state(loop_.now()) == circuit_mode::closed) return;
  together_ = true;
  const std::string ms = milliseconds(left);
  const message word = word_of(message::word::opened, std::stoull(ms), failures);
  link_.run(scripts::write_open, {state_key_, term_key_},
            {ms, std::to_string(failures), std::to_string(term_), link_.channel(), to_text(word)});
  stand_by();
}

void shared_circuit::vote(duration open_for, std::uint64_t failures) {
  if (!link_.up()) return;
  link_.run(scripts::vote, {votes_key_, link_.key("alive", {})},
            {link_.process(), milliseconds(std::max<duration>(open_for, warm)),
             std::to_string(how_.processes), "3000"},
            [g = gate_, failures, until = loop_.now() + open_for](const redis::reply* answer) {
              if (!g->open || !answer || answer->integer() == 0) return;
              shared_circuit& self = *g->open;
              self.tell_open(std::max(duration::zero(), until - self.loop_.now()), failures);
            });
}

void shared_circuit::closed_here() {
  const bool for_all = std::exchange(together_, false) || how_.how != circuit_sharing::kind::quorum;
  lease_.end();
  told_successes_ = breaker_.snapshot(loop_.now()).successful;
  if (!link_.up()) return;
  if (!for_all) {
    // It was open here alone: what others decided for themselves stays theirs.
    link_.run(scripts::drop_vote, {votes_key_}, {link_.process()});
    return;
  }
  tell_closed();
  // The word of an older opening may have come between the closing and this.
  breaker_.closed_elsewhere(loop_.now());
}

void shared_circuit::tell_closed() {
  const message_parts parts = around_the_term(word_of(message::word::closed));
  link_.run(scripts::write_closed, {state_key_, term_key_, votes_key_},
            {std::to_string(term_), link_.channel(), parts.before, parts.after},
            [g = gate_](const redis::reply* answer) {
              if (g->open && answer) g->open->learn_term(*answer);
            });
  ++term_;  // what opens here from now on is of the new one
}

void shared_circuit::learn_term(const redis::reply& from) {
  term_ = std::max(term_, static_cast<std::uint64_t>(std::max<std::int64_t>(0, from.integer())));
}

void shared_circuit::on_message(const message& m) {
  const time_point now = loop_.now();
  switch (m.what) {
    case message::word::failed:
      if (how_.how != circuit_sharing::kind::sum) return;
      if (!tick_.armed()) tell_earlier_successes(0);
      for (std::uint64_t i = std::min<std::uint64_t>(m.first, 1000); i > 0; --i) {
        breaker_.failed_elsewhere(now);
      }
      watch(warm);
      return;
    case message::word::passed:
      if (how_.how != circuit_sharing::kind::sum) return;
      breaker_.succeeded_elsewhere(
          static_cast<std::uint32_t>(std::min<std::uint64_t>(m.first, 1'000'000)), now);
      return;
    case message::word::opened:
      if (m.term < term_) return;  // from before a closing that its sender had not heard of
      term_ = m.term;
      opened_there(std::chrono::milliseconds(std::min<std::uint64_t>(m.first, 86'400'000)),
                   m.second);
      return;
    case message::word::closed:
      term_ = std::max(term_, m.term);
      closed_there();
      return;
    case message::word::wanted:
      lease_.on_wanted();
      return;
    case message::word::freed:
      lease_.on_freed();
      return;
  }
}

void shared_circuit::opened_there(duration left, std::uint64_t failures) {
  together_ = true;
  breaker_.opened_elsewhere(loop_.now() + left, failures, loop_.now());
  stand_by();
}

void shared_circuit::closed_there() {
  together_ = false;
  lease_.end();
  breaker_.closed_elsewhere(loop_.now());
}

void shared_circuit::on_up() {
  told_successes_ = breaker_.snapshot(loop_.now()).successful;
  link_.run(scripts::read_open, {state_key_, term_key_}, {},
            [g = gate_](const redis::reply* answer) {
              if (!g->open || !answer) return;
              shared_circuit& self = *g->open;
              const circuit_snapshot here = self.breaker_.snapshot(self.loop_.now());
              if (answer->size() == 0) return;
              self.learn_term((*answer)[0]);
              if (answer->size() == 3) {
                const auto left = std::chrono::milliseconds((*answer)[1].integer());
                self.opened_there(std::max<duration>(left, duration::zero()),
                                  static_cast<std::uint64_t>((*answer)[2].integer()));
              } else if (here.state == circuit_mode::open) {
                self.opened_here(here.time_to_probe, here.failures, self.loop_.now());
              }
            });
}

void shared_circuit::on_down() {
  together_ = false;
  lease_.end();
}

// Open, and one of all will probe.
void shared_circuit::stand_by() {
  lease_.stand_by();
  watch(beat);
}

void shared_circuit::watch(duration how_long) {
  warm_until_ = std::max(warm_until_, loop_.now() + how_long);
  if (!tick_.armed()) tick_.arm(loop_.now() + beat);
}

void shared_circuit::on_tick() {
  const time_point now = loop_.now();
  if (how_.how == circuit_sharing::kind::sum) tell_successes();
  lease_.on_tick(now);
  if (together_ || now < warm_until_) tick_.arm(now + beat);
}

void shared_circuit::tell_successes() {
  if (!link_.up()) return;
  const circuit_snapshot here = breaker_.snapshot(loop_.now());
  const std::uint64_t more = here.successful - std::exchange(told_successes_, here.successful);
  if (more != 0 && here.state == circuit_mode::closed) tell(message::word::passed, more);
}

// While nobody fails nobody tells; then a failure does. Of what succeeded before it only that is
// told which our window still counts: no old success may end the row that this failure begins, nor
// thin out the windows of others.
void shared_circuit::tell_earlier_successes(std::uint64_t at_least) {
  const circuit_snapshot here = breaker_.snapshot(loop_.now());
  const std::uint64_t more = here.successful - std::exchange(told_successes_, here.successful);
  const std::uint64_t told = std::min(more, std::max(at_least, here.buffered_calls));
  if (told != 0 && here.state == circuit_mode::closed) tell(message::word::passed, told);
}

message shared_circuit::word_of(message::word what, std::uint64_t first,
                                std::uint64_t second) const {
  return {link_.process(), what, first, second, term_, breaker_.name()};
}

void shared_circuit::tell(message::word what, std::uint64_t first) {
  if (link_.up()) link_.tell(word_of(what, first));
}

}  // namespace weir::sharing
