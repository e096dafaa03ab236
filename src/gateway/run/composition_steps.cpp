// How the steps of a composed request start: their calls, their items, their computing.

#include <algorithm>
#include <memory>

#include "weir/gateway/run/composition.hpp"
#include "weir/gateway/run/rate_check.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {

using expression::value;

// Starts whatever can run now. Calls may end while they are being started (a circuit is open),
// which may let further steps and items start: a loop, because a list of ten thousand items must
// not become a recursion as deep.
void composition::start_ready() {
  if (starting_) {
    again_ = true;
    return;
  }
  starting_ = true;
  do {
    again_ = false;
    for (std::uint16_t i = 0; i < steps_.size() && !ended_; ++i) {
      step_state& s = steps_[i];
      if (s.at == step_state::stage::waiting && s.unmet == 0) start_step(i);
      if (s.at == step_state::stage::running && s.list && !ended_) start_items(i);
    }
  } while (again_ && !ended_);
  starting_ = false;
  if (!ended_ && steps_left_ == 0) answer();
}

void composition::start_step(std::uint16_t index) {
  const step_plan& step = request_.route->steps[index];
  step_state& s = steps_[index];
  s.at = step_state::stage::running;
  s.until = request_.deadline;
  s.at_deadline = request_.caller_deadline ? cause::caller_deadline : cause::deadline;
  if (step.timeout > duration::zero() && worker_.loop().now() + step.timeout < s.until) {
    s.until = worker_.loop().now() + step.timeout;
    s.at_deadline = cause::response_timeout;
  }
  if (step.when) {
    const value runs = step.when->evaluate(scope().frame());
    if (const auto* e = runs.as_error()) {
      step_failed(index, cause_of(*e), 0, {}, e->message);
      return;
    }
    if (runs.is_missing()) {
      step_failed(index, cause::missing_field, 0, {});
      return;
    }
    const std::optional<bool> decided = runs.is_null() ? false : runs.as_bool();
    if (!decided) {
      step_failed(index, cause::expression_error, 0, {}, "'when' is neither true, false nor null");
      return;
    }
    if (!*decided) {
      step_done(index, value::null());
      return;
    }
  }
  if (step.value) {
    compute(index);
    return;
  }
  if (!step.each) {
    s.items = s.left = s.next = 1;
    start_call(index, 0);
    return;
  }
  list_items(index);
}

// What `each` goes over; the calls for it are started as places come free.
void composition::list_items(std::uint16_t index) {
  const step_plan& step = request_.route->steps[index];
  step_state& s = steps_[index];
  const value over = step.each->over.evaluate(scope().frame());
  if (const auto* e = over.as_error()) {
    step_failed(index, cause_of(*e), 0, {}, e->message);
    return;
  }
  if (over.is_missing()) {
    step_failed(index, cause::missing_field, 0, {});
    return;
  }
  if (over.is_null()) {
    step_done(index, value::null());
    return;
  }
  if (!over.is_list()) {
    step_failed(index, cause::wrong_kind, 0, {}, "'each' needs a list");
    return;
  }
  expression::element_cursor items(over);
  if (items.left() > step.each->max_items) {
    step_failed(index, cause::too_many_items, 0, {},
                memory_.copy("'each' over " + std::to_string(items.left()) +
                             " items; max_items is " + std::to_string(step.each->max_items)));
    return;
  }
  s.list = true;
  s.items = s.left = static_cast<std::uint32_t>(items.left());
  s.sources = memory_.make_array<value>(s.items);
  s.results = memory_.make_array<value>(s.items);
  for (std::size_t i = 0; items; items.advance()) s.sources[i++] = *items;
  if (s.items == 0) step_done(index, value::list({}));
}

void composition::compute(std::uint16_t index) {
  const step_plan& step = request_.route->steps[index];
  rendered what;
  value v = evaluate(*step.value, scope(), worker_.json(), what);
  if (what.error) {
    step_failed(index, cause_of(*what.error), 0, {}, what.error->message);
  } else if (what.missing) {
    step_failed(index, cause::missing_field, 0, {});
  } else {
    step_done(index, v);
  }
}

void composition::start_items(std::uint16_t index) {
  step_state& s = steps_[index];
  const std::size_t limit = request_.route->steps[index].each->limit;
  while (!ended_ && s.at == step_state::stage::running && s.next < s.items &&
         s.next - (s.items - s.left) < limit) {
    start_call(index, s.next++);
  }
}

void composition::start_call(std::uint16_t index, std::uint32_t item) {
  const step_plan& step = request_.route->steps[index];
  step_state& s = steps_[index];
  if (s.list) slots_[step.each->item_slot] = s.sources[item];
  target_failure why;
  const std::optional<prepared_call> what = prepare(step, why);
  if (!what) {
    item_failed(index, item, why.why, 0, {}, why.detail);
    return;
  }
  const rate_limit* const rate = step.call->rate.get();
  if (rate && rate->for_each()) {
    const auto stands = ask(*rate, request_, worker_.loop().now());
    if (!stands.admitted) {
      item_failed(index, item, cause::rate_limited, 0, stands.retry_after);
      return;
    }
  }
  upstream::endpoint& to = generation_->endpoint_of(*step.call->service);
  auto* call = ::new (room_for_call()) call_run(worker_, *this, to, *what, memory_, item);
  ++calls_running_;
  call->start(s.until, s.at_deadline);
}

// The place of a call that has ended, so that a long list needs no more of them than its limit, and
// finds them in the cache. The last to end is usually still on the stack.
void* composition::room_for_call() {
  const auto free =
      std::find_if(spare_.begin(), spare_.end(), [](const call_run* c) { return !c->entered(); });
  if (free != spare_.end()) {
    call_run* const ended = *free;
    *free = spare_.back();
    spare_.pop_back();
    std::destroy_at(ended);
    return ended;
  }
  void* const room = memory_.allocate(sizeof(call_run), alignof(call_run));
  calls_.push_back(static_cast<call_run*>(room));
  return room;
}

}  // namespace weir::gateway
