#include <gtest/gtest.h>

// After that one.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"
#include "weir/resilience/bulkhead/bulkhead.hpp"
#include "weir/resilience/circuit_breaker/breaker_layer.hpp"
#include "weir/resilience/fallback/fallback.hpp"
#include "weir/resilience/hedge/hedge.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"
#include "weir/resilience/rate_limiter/rate_limiter.hpp"
#include "weir/resilience/retry/retry.hpp"
#include "weir/resilience/throttler/throttler.hpp"
#include "weir/resilience/timeout/timeout.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

layer_ptr any_layer(int kind) {
  const int much = *rc::gen::inRange(1, 4);
  const auto n = static_cast<std::uint32_t>(much);
  switch (kind) {
    case 0:
      return as_layer(retry({.attempts = n, .backoff = constant{5ms}, .retry_rejections = n == 2}));
    case 1:
      return as_layer(timeout(much * 20ms));
    case 2:
      return as_layer(circuit_breaker({.trip = failures_in_a_row{n}, .open_for = 10ms}));
    case 3:
      return as_layer(hedge({.after = 7ms * much, .attempts = n + 1, .budget = std::nullopt}));
    case 4:
      return as_layer(bulkhead({.calls = n, .queue = 1, .longest_wait = 10ms}));
    case 5:
      return as_layer(
          rate_limiter({.allow = bursty{.calls = n, .within = 20ms}, .longest_wait = 10ms * much}));
    case 6:
      return as_layer(adaptive_limit({.initial = n, .samples = 1}));
    case 7:
      return as_layer(throttler({.min_calls = n}));
    default:
      return as_layer(fallback_point());
  }
}

// Drives a call by events that come as they like, and holds the machine to what it promises.
class unruly_driver {
 public:
  unruly_driver(const pipeline& p, const call_facts& facts, bool hedged)
      : call_(p, facts, random_), one_at_a_time_(!hedged) {}

  void start() { carry_out(call_.start(now_)); }
  void event(int draw) {
    const auto which = static_cast<std::size_t>(draw / 16);
    switch (draw % 16) {
      case 0:
      case 1:
      case 2:
        return end(which, outcome::success());
      case 3:
      case 4:
        return end(which, outcome::failure(cause::reset, true));
      case 5:
        return end(which, outcome::failure(cause::decode, false));
      case 6:
        return end(which, outcome::rejected(cause::rejected_open, 3ms));
      case 7:
        return carry_out(call_.timer(now_));  // though nothing is due
      case 8:
        if (which % 8 == 0) carry_out(call_.cancel(now_));
        return;
      case 9:
        slow_ = !slow_;  // to stop attempts
        return;
      case 10:
        now_ += 1ms;
        return;
      default:
        wake_up();
    }
  }
  // Until it is over; what runs is ended, what waits is waited for.
  void drain(const outcome& how) {
    for (int i = 0; i < 1000 && !finished_; ++i) running_.empty() ? wake_up() : end(0, how);
  }

  bool finished() const { return finished_; }
  std::uint64_t started() const { return started_; }
  const pipeline_call& call() const { return call_; }

 private:
  struct running {
    std::uint32_t number;
    bool canceled;
  };

  void wake_up() {
    if (timer_ == time_point::max()) return;
    now_ = std::max(now_, timer_);
    carry_out(call_.timer(now_));
  }
  void end(std::size_t which, const outcome& how) {
    if (running_.empty()) return;
    const auto at = running_.begin() + static_cast<std::ptrdiff_t>(which % running_.size());
    const std::uint32_t number = at->number;
    running_.erase(at);
    carry_out(call_.attempt_done(now_, number, how));
  }

  void carry_out(action a) {
    for (;; a = call_.next(now_)) {
      RC_ASSERT(!finished_ || a.kind == action_kind::none);
      switch (a.kind) {
        case action_kind::start_attempt:
          RC_ASSERT(a.attempt == ++started_);
          RC_ASSERT(a.until >= now_);
          running_.push_back({a.attempt, false});
          if (one_at_a_time_) RC_ASSERT(running_.size() == 1U);
          break;
        case action_kind::cancel_attempt: {
          const auto at = std::find_if(running_.begin(), running_.end(),
                                       [&](const running& r) { return r.number == a.attempt; });
          RC_ASSERT(at != running_.end());
          RC_ASSERT(!at->canceled);
          at->canceled = true;
          if (slow_) return;
          running_.erase(at);
          break;
        }
        case action_kind::wait:
          timer_ = a.until;
          return;
        case action_kind::finish:
          RC_ASSERT(running_.empty());
          RC_ASSERT(a.attempt <= started_);
          finished_ = true;
          return;
        case action_kind::none:
          return;
      }
    }
  }

  fixed_random random_{0.4};
  pipeline_call call_;
  const bool one_at_a_time_;
  time_point now_ = manual_clock::start;
  time_point timer_ = time_point::max();
  std::vector<running> running_;
  std::uint64_t started_ = 0;
  bool finished_ = false;
  bool slow_ = false;
};

// Several calls in turn, so that breakers open and limits fill.
RC_GTEST_PROP(PipelineProperty, FinishesOnceWithinTheAttemptsItSaysWhateverComesWhen, ()) {
  std::vector<layer_ptr> layers;
  const auto kinds =
      *rc::gen::resize(5, rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 9)));
  for (const int kind : kinds) layers.push_back(any_layer(kind));
  const bool hedged = std::count(kinds.begin(), kinds.end(), 3) != 0;
  const pipeline p(layers);
  const auto most = p.worst().attempts;
  for (int call = 0; call < 3; ++call) {
    call_facts facts;
    if (*rc::gen::inRange(0, 3) == 0) facts.until = deadline::at(manual_clock::start + 40ms);
    facts.retryable = *rc::gen::inRange(0, 4) != 0;
    unruly_driver d(p, facts, hedged);
    d.start();
    const auto events = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 512));
    for (const int event : events) d.event(event);
    d.drain(call == 0 ? outcome::success() : outcome::failure(cause::reset, true));
    RC_ASSERT(d.finished());
    RC_ASSERT(d.started() <= most);
    RC_ASSERT(d.call().attempts() == d.started());
    RC_ASSERT(d.call().finished());
  }
}

// A call that is dropped on its way leaves nothing behind: no place taken, no probe out.
RC_GTEST_PROP(PipelineProperty, GivesBackAllThatItHoldsWhereverItIsDropped, ()) {
  const bulkhead places({.calls = 4, .queue = 4, .longest_wait = 10ms});
  const adaptive_limit limit({.initial = 4});
  const circuit_breaker breaker({.trip = failures_in_a_row{1}, .open_for = 1ms});
  const pipeline p(retry({.attempts = 3, .backoff = constant{5ms}}), places, limit,
                   hedge({.after = 3ms, .attempts = 3, .budget = std::nullopt}), breaker,
                   timeout(20ms));
  for (int call = 0; call < 3; ++call) {
    unruly_driver d(p, {}, true);
    d.start();
    for (const int event : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 512))) {
      d.event(event);
    }
  }
  RC_ASSERT(places.look().in_use == 0U);
  RC_ASSERT(places.look().waiting == 0U);
  RC_ASSERT(limit.look().in_flight == 0U);
  RC_ASSERT(breaker.snapshot(manual_clock::start).probes_in_flight == 0U);
}

}  // namespace
}  // namespace weir
