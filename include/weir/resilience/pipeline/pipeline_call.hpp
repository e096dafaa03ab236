#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "weir/resilience/pipeline/pipeline.hpp"

namespace weir {

// What a pipeline_call wants of its driver.
enum class action_kind : std::uint8_t {
  none,            // the call is over; nothing is left to do
  start_attempt,   // send it: number `attempt`, to be done by `until`
  cancel_attempt,  // stop it; ask attempt_done() or next() once it is gone, whatever it still
                   // brings
  wait,            // call back when the attempt is done, or with timer() at `until`
  finish,          // `how` is the outcome of the call
};

// One thing that a pipeline_call wants done. Value type; behind each member, the kinds it is for.
struct action {
  action_kind kind = action_kind::none;
  std::uint32_t attempt = 0;             // start, cancel; finish: the one that decided, 0 for none
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
//
// One attempt is in flight at a time, unless the pipeline has a hedge. Then there may be several,
// told apart by their numbers: start_attempt may come while others run, and each result belongs to
// the number it was started with. A driver that cannot stop an attempt at once goes on taking
// events between cancel_attempt and the attempt's end, and reports that by attempt_done() with its
// number. finish comes when no attempt is left; its number says whose value it is.
class pipeline_call {
 public:
  explicit pipeline_call(const pipeline& p, const call_facts& facts = {},
                         random_source& random = thread_random());
  ~pipeline_call();
  pipeline_call(const pipeline_call&) = delete;
  pipeline_call& operator=(const pipeline_call&) = delete;

  action start(time_point now);
  // An attempt ended. Of an attempt that was cancelled: it is gone, and `how` is not looked at.
  action attempt_done(time_point now, std::uint32_t attempt, const outcome& how);
  // The time asked for came, or the facts' `wake` was called. Harmless if it is too early.
  action timer(time_point now);
  // The caller gave up.
  action cancel(time_point now);
  // What to do after the last action was done.
  action next(time_point now);

  bool finished() const noexcept { return phase_ == phase::finished; }
  // Attempts started so far.
  std::uint32_t attempts() const noexcept { return root_.made_; }

 private:
  enum class phase : std::uint8_t {
    fresh,
    attempting,
    waiting,    // a layer does
    canceling,  // an attempt is being stopped
    racing,     // branches of a hedge are in flight
    closing,    // …and are being stopped
    finished,
  };
  enum class direction : std::uint8_t { inwards, outwards };
  struct race;
  struct branch;

  static constexpr std::size_t inline_layers = 8;

  // A branch of a hedge: what is inside it, from layer `first` on, as a call of its own.
  pipeline_call(pipeline_call& root, std::size_t first, deadline until);
  void make_room();

  const layer& layer_at(std::size_t i) const noexcept { return pipeline_[first_ + i]; }
  layer::context context_at(std::size_t i, time_point now) const noexcept {
    return {now, until_[i], facts_, random_, root_.counted_};
  }

  action travel(direction way, std::size_t i, outcome how, time_point now);
  action resume(time_point now);
  action stop(std::size_t i, const outcome& how, time_point now);
  action wait_action() noexcept;
  void abandon_inside(std::size_t i, verdict how, time_point now) noexcept;
  std::size_t entered() const noexcept;

  // pipeline_race.cpp
  action begin_race(time_point now);
  action settle(time_point now);
  action close(std::size_t i, const outcome& how, std::optional<verdict> dropped, time_point now);
  action drop(verdict how, time_point now);
  action race_done(time_point now, std::uint32_t attempt, const outcome& how);
  action race_next(time_point now);
  action race_timer(time_point now);
  bool absorb(branch& b, const action& todo, time_point now);
  bool add_branch(action& todo, time_point now);
  bool has_attempt(std::uint32_t attempt) const noexcept;
  time_point race_due() const noexcept;

  const pipeline& pipeline_;
  const call_facts facts_;
  random_source& random_;
  pipeline_call& root_;      // itself, but for the branches of a hedge
  const std::size_t first_;  // its own layers: so many from this one on; the last may be a hedge
  const std::size_t size_;
  layer::slot* slots_;
  deadline* until_;  // [i]: what applies outside layer i; [size_]: the attempt's
  phase phase_ = phase::fresh;
  std::uint32_t made_ = 0;     // by the root and all branches
  std::uint32_t attempt_ = 0;  // the one in flight, or the last
  int fallback_ = -1;
  std::size_t depth_ = 0;  // waiting: the layer that does; canceling: where to go on
  time_point wait_until_{};
  time_point last_now_{};
  outcome pending_;  // canceling: what goes outwards from there
  counted_budgets counted_;
  std::unique_ptr<race> race_;  // where its last layer is a hedge
  std::unique_ptr<layer::slot[]> more_slots_;
  std::unique_ptr<deadline[]> more_until_;
  std::array<deadline, inline_layers + 1> inline_until_;
  std::array<layer::slot, inline_layers> inline_slots_;  // raw until a layer makes its state
};

}  // namespace weir
