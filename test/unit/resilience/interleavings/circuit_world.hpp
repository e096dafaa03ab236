#pragma once

#include "unit/resilience/interleavings/explored_circuit.hpp"

// After that one: it is of the machine's `weir`, too.
#include "unit/resilience/circuit_breaker/trace.hpp"

namespace weir::test {

using namespace interleavings;

// A circuit breaker, permits that are out, and what its listener heard.
struct circuit_world {
  // `before`: what happened until the threads start, as test::play() takes it.
  explicit circuit_world(circuit_options options, const char* before = "")
      : breaker(std::move(options)) {
    breaker.listen(circuit_event_kind::transition, [this](const circuit_event& e) {
      if (listens_slowly) breaker.state(e.at);  // a step, so that others come between
      told += std::string(told.empty() ? "" : ", ") + std::string(to_string(e.from)) + ">" +
              std::string(to_string(e.to)) + " (" + std::string(to_string(e.why)) + ")";
      in_order = in_order && e.from == last;
      last = e.to;
    });
    then(before);
  }
  circuit_world& hold(std::size_t slot, double when) {
    held.at(slot) = *breaker.try_acquire(at(when));
    return then("");
  }
  circuit_world& then(const char* trace) {
    play(breaker, trace);
    told.clear();
    changes_before = breaker.snapshot(at(end)).transitions;
    return *this;
  }

  std::string look(double when) const {
    const circuit_snapshot s = breaker.snapshot(at(when));
    return std::string(to_string(s.state)) + " failures " + std::to_string(s.failures) + " of " +
           std::to_string(s.buffered_calls) + " probes " + std::to_string(s.probes_in_flight) +
           " good " + std::to_string(s.probes_succeeded) + " left " +
           std::to_string(s.time_to_probe.count()) + " changes " + std::to_string(s.transitions);
  }
  std::string observe() {
    // First what the word says to those who do not take the lock: it must be what the state is.
    const std::string word(to_string(breaker.state(at(end))));
    const circuit_snapshot s = breaker.snapshot(at(end));
    std::string seen = word + ": " + look(end) + " in all good " + std::to_string(s.successful) +
                       " bad " + std::to_string(s.failed) + " ignored " +
                       std::to_string(s.ignored) + " rejected " + std::to_string(s.not_permitted) +
                       " [" + told + "]";
    const auto next = breaker.try_acquire(at(end));
    return seen + (next ? " then admitted" : " then rejected");
  }

  circuit_breaker breaker;
  std::array<std::optional<permit>, 4> held;
  std::string told;
  circuit_mode last = circuit_mode::closed;
  bool in_order = true;
  bool listens_slowly = false;
  std::uint64_t changes_before = 0;
  double end = 5;
};

using making = std::function<std::unique_ptr<circuit_world>()>;

inline circuit_options one_failure(std::uint32_t permits = 1) {
  return {.trip = failures_in_a_row{1},
          .open_for = std::chrono::seconds(5),
          .half_open = {.permits = permits, .longest_wait = std::chrono::seconds(10)}};
}

// Open since 0, to be probed from 5 on.
inline making opened(std::uint32_t permits = 1) {
  return [permits] { return std::make_unique<circuit_world>(one_failure(permits), "F@0"); };
}

// …with one probe under way, which is given up at 15: half-open again from 20 on.
inline making probed(std::uint32_t permits = 1) {
  return [permits] {
    auto w = opened(permits)();
    w->hold(0, 5);
    return w;
  };
}

using circuit_call = call<circuit_world>;

inline circuit_call acquire(std::size_t slot, double when) {
  return [=](circuit_world& w) -> std::string {
    // Taking one in the place of another would be two calls.
    if (w.held[slot] && w.held[slot]->pending()) return "has one";
    auto leave = w.breaker.try_acquire(at(when));
    if (!leave) return "rejected(" + std::to_string(leave.error().retry_after.count()) + ")";
    w.held[slot] = *std::move(leave);
    return "admitted";
  };
}

// The verdict of a call that was let through.
inline circuit_call ends(std::size_t slot, verdict how, double when) {
  return [=](circuit_world& w) -> std::string {
    if (w.held[slot]) w.held[slot]->record(how, at(when));
    return "ended";
  };
}
inline circuit_call succeeds(std::size_t slot, double when) {
  return ends(slot, verdict::ok, when);
}
inline circuit_call fails(std::size_t slot, double when) {
  return ends(slot, verdict::failure, when);
}
inline circuit_call goes_away(std::size_t slot, double when) {
  return ends(slot, verdict::ignored, when);
}
inline circuit_call looks(double when) {
  return [=](circuit_world& w) { return std::string(to_string(w.breaker.state(at(when)))); };
}
inline circuit_call takes_a_snapshot(double when) {
  return [=](circuit_world& w) { return "(" + w.look(when) + ")"; };
}
template <class F>
circuit_call does(F f) {
  return [f](circuit_world& w) {
    f(w.breaker);
    return std::string("done");
  };
}

// Whether every interleaving of the calls is as the calls one after another; prints how many.
inline report linearizable(const std::function<std::unique_ptr<circuit_world>()>& make,
                           script<circuit_world> calls, const limits& l = {},
                           bool overtaking = false) {
  const one_after_another<circuit_world, std::function<std::unique_ptr<circuit_world>()>> test(
      std::move(calls), &enter_thread, make);
  const report r = test.explore(l, overtaking);
  std::cout << "  " << r << "\n";
  return r;
}

}  // namespace weir::test
