#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/base/result.hpp"
#include "weir/base/unwinding.hpp"
#include "weir/resilience/circuit_breaker/circuit.hpp"

namespace weir {

// Leave for one call, from circuit_breaker::try_acquire(). The first verdict wins and later ones do
// nothing. Destroyed without one: ignored, and a probe's slot is free again; but a failure if an
// exception that was thrown after it was taken is unwinding. It carries the generation it was given
// under, so a verdict that comes after the circuit moved on changes nothing. Keeps the circuit
// alive. Movable, also to another thread; not to be used by two at a time.
class permit {
 public:
  permit(permit&& other) noexcept
      : circuit_(std::exchange(other.circuit_, nullptr)),
        generation_(other.generation_),
        unwinding_(other.unwinding_),
        started_(other.started_) {}
  permit& operator=(permit&& other) noexcept {
    if (this != &other) {
      abandon();
      circuit_ = std::exchange(other.circuit_, nullptr);
      generation_ = other.generation_;
      unwinding_ = other.unwinding_;
      started_ = other.started_;
    }
    return *this;
  }
  ~permit() {
    if (circuit_) abandon();
  }

  void succeed(time_point now) noexcept {
    if (auto* const c = std::exchange(circuit_, nullptr)) c->succeed(generation_, started_, now);
  }
  // `error` is kept, shortened, as the circuit's last error.
  void fail(time_point now, std::string_view error = {}) noexcept {
    if (auto* const c = std::exchange(circuit_, nullptr)) {
      c->fail(generation_, started_, now, error);
    }
  }
  void ignore(time_point now) noexcept {
    if (auto* const c = std::exchange(circuit_, nullptr)) c->ignore(generation_, started_, now);
  }
  // The call is not to be judged at all: it was cancelled, cut short or never sent. Unlike ignore()
  // this says nothing even where ignored calls count as successes.
  void withdraw(time_point now) noexcept {
    if (auto* const c = std::exchange(circuit_, nullptr)) c->withdraw(generation_, now);
  }
  void record(verdict v, time_point now, std::string_view error = {}) noexcept {
    switch (v) {
      case verdict::ok:
        return succeed(now);
      case verdict::failure:
        return fail(now, error);
      case verdict::ignored:
        return ignore(now);
    }
  }

  // The same, at the time of the circuit's own clock.
  void succeed() noexcept {
    if (circuit_) succeed(circuit_->now());
  }
  void fail(std::string_view error = {}) noexcept {
    if (circuit_) fail(circuit_->now(), error);
  }
  void ignore() noexcept {
    if (circuit_) ignore(circuit_->now());
  }

  // No verdict was given yet.
  bool pending() const noexcept { return circuit_ != nullptr; }
  time_point started() const noexcept { return started_; }

 private:
  friend class circuit_breaker;
  permit(detail::circuit* c, std::uint32_t generation, time_point started) noexcept
      : circuit_(c),
        generation_(generation),
        unwinding_(exceptions_in_flight()),
        started_(started) {}
  void abandon() noexcept;

  detail::circuit* circuit_;
  std::uint32_t generation_;
  unsigned int unwinding_;  // exceptions in flight when it was taken
  time_point started_;
};

// Stops calling what does not work, and finds out by itself when it works again.
//
// A handle: copies share one circuit, which lives as long as any handle or permit of it. All
// functions may be called by any thread at any time. Those that take `now` want a time of the
// monotonic clock; the others read the circuit's clock, which costs more than the breaker itself.
//
// While the circuit is closed and its windows hold no failure, a call reads one word and writes to
// memory of its own thread alone.
class circuit_breaker {
 public:
  // Throws std::invalid_argument that names every problem of the options.
  explicit circuit_breaker(circuit_options options)
      : circuit_(detail::circuit::make(std::move(options))) {}
  circuit_breaker(const circuit_breaker& other) noexcept : circuit_(other.circuit_) {
    circuit_->add_handle();
  }
  circuit_breaker(circuit_breaker&& other) noexcept
      : circuit_(std::exchange(other.circuit_, nullptr)) {}
  circuit_breaker& operator=(circuit_breaker other) noexcept {
    std::swap(circuit_, other.circuit_);
    return *this;
  }
  ~circuit_breaker() {
    if (circuit_) circuit_->drop_handle();
  }

  // Leave for one call, or how long until asking again makes sense. Rejecting allocates nothing
  // (but the thread's counters, at its first use of the circuit).
  result<permit, rejection> try_acquire(time_point now) const noexcept {
    const auto given = circuit_->try_acquire(now);
    if (given.generation != 0) [[likely]] {
      return permit(circuit_, given.generation, now);
    }
    return failure(rejection{cause::rejected_open, given.retry_after});
  }
  result<permit, rejection> try_acquire() const noexcept { return try_acquire(circuit_->now()); }

  // Calls f() under this breaker; the face is weir/resilience/face/guarded.hpp.
  template <class F>
  auto context(F&& f) const -> std::invoke_result_t<F&>;
  template <class F, class Inspector>
  auto context(F&& f, Inspector&& inspector) const -> std::invoke_result_t<F&>;

  // As it is at that instant: half-open once the open time is over, though no call has come.
  circuit_mode state(time_point now) const noexcept { return circuit_->state(now); }
  circuit_mode state() const noexcept { return state(circuit_->now()); }
  circuit_snapshot snapshot(time_point now) const { return circuit_->snapshot(now); }
  circuit_snapshot snapshot() const { return snapshot(circuit_->now()); }
  const std::string& name() const noexcept { return circuit_->name(); }
  circuit_options options() const { return circuit_->options(); }

  // Reject everything until told otherwise.
  void force_open(time_point now) const { force(circuit_mode::forced_open, now); }
  // Close now, with empty windows; from then on it goes its usual way.
  void force_close(time_point now) const { force(circuit_mode::closed, now); }
  // Open as if it had tripped now.
  void trip(time_point now) const { force(circuit_mode::open, now); }
  // Let everything through and record nothing, until told otherwise.
  void disable(time_point now) const { force(circuit_mode::disabled, now); }
  // Let everything through, record it, never trip.
  void only_measure(time_point now) const { force(circuit_mode::metrics_only, now); }
  // As new, but for the totals since it was made.
  void reset(time_point now) const {
    circuit_->force(circuit_mode::closed, transition_cause::reset, now);
  }
  void force_open() const { force_open(circuit_->now()); }
  void force_close() const { force_close(circuit_->now()); }
  void trip() const { trip(circuit_->now()); }
  void disable() const { disable(circuit_->now()); }
  void only_measure() const { only_measure(circuit_->now()); }
  void reset() const { reset(circuit_->now()); }

  // Takes other options while calls go on. The name, the clock, the state and the end of the
  // current open time stay; what the windows hold stays unless the trip rules changed. A half-open
  // circuit whose half_open options changed counts its probes' verdicts anew. Throws like the
  // constructor.
  void reconfigure(circuit_options options) const { circuit_->reconfigure(std::move(options)); }

  // For circuits that several processes share; who shares them calls these. What others saw counts
  // as if calls of ours had seen it, but appears in no totals and tells no listener of anything but
  // transitions (transition_cause::elsewhere where they are not our own). Successes count
  // at most 10,000 at a time.
  void failed_elsewhere(time_point now) const { circuit_->failed_elsewhere(now); }
  void succeeded_elsewhere(std::uint32_t calls, time_point now) const {
    circuit_->succeeded_elsewhere(calls, now);
  }
  // Opens until then, whatever our own open time is; open already, the later end counts.
  void opened_elsewhere(time_point until, std::uint64_t failures, time_point now) const {
    circuit_->opened_elsewhere(until, failures, now);
  }
  void closed_elsewhere(time_point now) const { circuit_->closed_elsewhere(now); }
  // While held, an open circuit stays shut beyond its open time, and a half-open one lets no
  // further probe through: another process may be probing.
  void hold_probes(bool held) const { circuit_->hold_probes(held); }

  // Tells of events until unlisten(). Listening to anything but transitions and failures makes
  // every call take a lock.
  std::uint64_t listen(circuit_event_mask kinds, circuit_listener listener) const {
    return circuit_->listen(kinds, std::move(listener));
  }
  void unlisten(std::uint64_t id) const { circuit_->unlisten(id); }

  // Handles of the same circuit are equal.
  friend bool operator==(const circuit_breaker&, const circuit_breaker&) noexcept = default;

 private:
  void force(circuit_mode to, time_point now) const {
    circuit_->force(to, transition_cause::forced, now);
  }

  detail::circuit* circuit_;
};

}  // namespace weir
