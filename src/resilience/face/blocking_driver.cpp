#include "weir/resilience/face/blocking_driver.hpp"

#include <stdexcept>

namespace weir::detail {

blocking_driver::blocking_driver(const pipeline& p, const run_options& o)
    : time_(clock_of(o)),
      stop_(o),
      call_(p, {.until = deadline_of(o),
                .retryable = o.retryable,
                .wake = delegate<void()>::to<&waiter::wake>(waiter_)}) {}

action blocking_driver::start() {
  const time_point now = time_.now();
  action a = stop_requested() ? call_.cancel(now) : call_.start(now);
  if (must_settle(a)) settle(a, now);
  return a;
}

action blocking_driver::done(const action& attempt, const outcome& how) {
  const time_point now = time_.now();
  action a = ended(attempt, how, now);
  if (must_settle(a)) settle(a, now);
  return a;
}

action blocking_driver::ended(const action& attempt, const outcome& how, time_point now) {
  if (how.failed) [[unlikely]] {
    if (stop_requested()) return call_.cancel(now);
    if (now >= attempt.until && !is_rejection(how.why)) return call_.timer(now);
  }
  return call_.attempt_done(now, attempt.attempt, how);
}

void blocking_driver::settle(action& a, time_point now) {
  while (must_settle(a)) {
    if (a.kind == action_kind::cancel_attempt) {  // it has ended already
      a = call_.next(now);
      continue;
    }
    {
      const std::stop_callback give_up(stop_.token(), [this] { waiter_.wake(); });
      if (!stop_requested()) time_.wait(waiter_, a.until);
    }
    now = time_.now();
    a = stop_requested() ? call_.cancel(now) : call_.timer(now);
  }
}

void require_fallbacks(const pipeline& p, const std::type_info& value) {
  for (std::size_t i = 0; i < p.size(); ++i) {
    const fallback_source* const from = p[i].values();
    if (from && !from->gives(value)) [[unlikely]] {
      throw std::invalid_argument(
          "weir: a fallback of the pipeline gives a value of another type than the call");
    }
  }
}

bool give_fallback(const pipeline& p, const action& finish, outcome why,
                   const std::type_info& value, void* into) noexcept {
  why.failed = true;
  for (int i = finish.fallback; i >= 0; --i) {
    const fallback_source* const from = p[static_cast<std::size_t>(i)].values();
    if (!from) continue;
    try {
      if (i != finish.fallback && !from->accepts(why)) continue;
    } catch (...) {
      continue;
    }
    if (from->give(value, into, why)) return true;
  }
  return false;
}

}  // namespace weir::detail
