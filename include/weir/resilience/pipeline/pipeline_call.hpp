#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "weir/resilience/pipeline/pipeline.hpp"

namespace weir {

enum class action_kind : std::uint8_t {
  none,            // the call is over; nothing is left to do
  start_attempt,   // send it: number `attempt`, to be done by `until`
  cancel_attempt,  // stop it; ask next() once it is gone, whatever it may still bring
  wait,            // call back when the attempt is done, or with timer() at `until`
  finish,          // `how` is the outcome of the call
};

struct action {
  action_kind kind = action_kind::none;
  std::uint32_t attempt = 0;             // start, cancel; finish: the last one made, 0 for none
  time_point until = time_point::max();  // start: its deadline; wait: when timer() is due
  // finish: the outcome. Not failed: the value is that attempt's, or the fallback's.
  outcome how = {};
  int fallback = -1;  // finish: the place in the pipeline of the fallback that gives the value
};

// One call going through a pipeline: a machine without I/O, clock or thread. Events go in with
// `now`, actions come out; a driver carries them out:
//
//   for (action a = call.start(now);; a = call.next(now)) {
//     start_attempt → send it (later: attempt_done)     cancel_attempt → stop it
//     wait → arm a timer for a.until and return         finish → hand over the outcome and return
//   }
//
// and the same loop again after each event. The pipeline must outlive the call. Up to eight layers
// need no memory from the heap. Destroyed before it is finished, it is as cancelled. Not
// thread-safe; neither copied nor moved.
class pipeline_call {
 public:
  explicit pipeline_call(const pipeline& p, const call_facts& facts = {},
                         random_source& random = thread_random());
  ~pipeline_call();
  pipeline_call(const pipeline_call&) = delete;
  pipeline_call& operator=(const pipeline_call&) = delete;

  action start(time_point now);
  // An attempt ended. Of an attempt that was cancelled: the same as next().
  action attempt_done(time_point now, std::uint32_t attempt, const outcome& how);
  // The time asked for came, or the facts' `wake` was called. Harmless if it is too early.
  action timer(time_point now);
  // The caller gave up.
  action cancel(time_point now);
  // What to do after the last action was done.
  action next(time_point now);

  bool finished() const noexcept { return phase_ == phase::finished; }
  std::uint32_t attempts() const noexcept { return attempt_; }

 private:
  enum class phase : std::uint8_t { fresh, attempting, waiting, canceling, finished };
  enum class direction : std::uint8_t { inwards, outwards };

  static constexpr std::size_t inline_layers = 8;

  action travel(direction way, std::size_t i, outcome how, time_point now);
  action resume(time_point now);
  action stop(std::size_t i, const outcome& how, time_point now);
  action wait_action() noexcept;
  void abandon_inside(std::size_t i, verdict how, time_point now) noexcept;
  std::size_t entered() const noexcept;

  const pipeline& pipeline_;
  const call_facts facts_;
  random_source& random_;
  const std::size_t size_;
  layer::slot* slots_;
  deadline* until_;  // [i]: what applies outside layer i; [size_]: the attempt's
  phase phase_ = phase::fresh;
  std::uint32_t attempt_ = 0;
  int fallback_ = -1;
  std::size_t depth_ = 0;  // waiting: the layer that does; canceling: where to go on
  time_point wait_until_{};
  time_point last_now_{};
  outcome pending_;  // canceling: what goes outwards from there
  std::unique_ptr<layer::slot[]> more_slots_;
  std::unique_ptr<deadline[]> more_until_;
  std::array<deadline, inline_layers + 1> inline_until_;
  std::array<layer::slot, inline_layers> inline_slots_;  // raw until a layer makes its state
};

}  // namespace weir
