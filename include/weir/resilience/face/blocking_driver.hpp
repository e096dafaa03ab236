#pragma once

#include <cstdint>
#include <typeinfo>

#include "weir/base/waiter.hpp"
#include "weir/resilience/face/context.hpp"
#include "weir/resilience/face/joined_stop.hpp"
#include "weir/resilience/face/run_options.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"

namespace weir::detail {

// Drives a pipeline_call on the caller's thread: what is left to do is to make the attempts. Each
// function returns start_attempt or finish, and has waited for it where there was something to wait
// for. Not thread-safe.
class blocking_driver {
 public:
  blocking_driver(const pipeline& p, const run_options& options);

  action start();
  // The attempt just made ended so. What ended well is taken as it is, however late: it cannot be
  // interrupted, and its value is there. What failed after its deadline failed because time ran
  // out.
  action done(const action& attempt, const outcome& how);

  std::uint32_t attempts() const noexcept { return call_.attempts(); }
  context context_of(const action& attempt) const noexcept {
    return context(time_, deadline::at(attempt.until), stop_.token(), attempt.attempt);
  }

 private:
  action ended(const action& attempt, const outcome& how, time_point now);
  // In place: an action is large, and a copy of one just made stalls on its own stores.
  void settle(action& a, time_point now);
  static bool must_settle(const action& a) noexcept {
    return a.kind == action_kind::wait || a.kind == action_kind::cancel_attempt;
  }
  bool stop_requested() const noexcept { return stop_.token().stop_requested(); }

  const clock_source& time_;
  const joined_stop stop_;
  waiter waiter_;
  pipeline_call call_;
};

// Throws std::invalid_argument if a fallback in the pipeline cannot give a value of that type.
void require_fallbacks(const pipeline& p, const std::type_info& value);

// After a call ended with the value of a fallback: takes it from the one that acted, or, when that
// has none, from one further out. False: nobody has.
bool give_fallback(const pipeline& p, const action& finish, outcome why,
                   const std::type_info& value, void* into) noexcept;

}  // namespace weir::detail
