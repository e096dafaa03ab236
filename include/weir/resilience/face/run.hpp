#pragma once

#include <cxxabi.h>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "weir/resilience/face/attempt.hpp"
#include "weir/resilience/face/blocking_driver.hpp"
#include "weir/resilience/face/context.hpp"
#include "weir/resilience/face/error.hpp"
#include "weir/resilience/face/executor_run.hpp"
#include "weir/resilience/face/fallback.hpp"
#include "weir/resilience/face/inspect.hpp"
#include "weir/resilience/face/run_options.hpp"
#include "weir/resilience/pipeline/pipeline.hpp"

namespace weir {
namespace detail {

inline void report(const run_options& o, const action& finish, std::uint32_t attempts,
                   bool from_fallback) noexcept {
  if (!o.report) return;
  *o.report = {.attempts = attempts,
               .counts = finish.how.counts,
               .why = finish.how.why,
               .from_fallback = from_fallback};
}

// What the caller gets: a fallback's value, or how the last attempt ended.
template <class R>
run_result<R> conclude(const pipeline& p, const action& finish, std::uint32_t attempts,
                       attempt_end<R>& last, const run_options& o) {
  using value = typename returned<R>::value;
  outcome how = finish.how;
  if (finish.fallback >= 0) {
    using held = std::conditional_t<std::is_void_v<value>, std::monostate, value>;
    std::optional<held> other;
    if (give_fallback(p, finish, how, typeid(value), &other)) {
      report(o, finish, attempts, true);
      if constexpr (std::is_void_v<value>) {
        return {};
      } else {
        return *std::move(other);
      }
    }
    how.failed = true;
  }
  report(o, finish, attempts, false);
  return last.conclude(how, attempts);
}

template <class F, class Inspector>
auto run_blocking(const pipeline& p, F& f, Inspector& inspector, const run_options& o)
    -> run_result<returned_by<F>> {
  using R = returned_by<F>;
  require_fallbacks(p, typeid(typename returned<R>::value));
  if (o.executor) [[unlikely]] {
    executor_run<R, F, Inspector> elsewhere(p, f, inspector, o);
    const action a = elsewhere.run();
    return conclude<R>(p, a, elsewhere.attempts(), elsewhere.deciding(a), o);
  }
  attempt_end<R> last;
  blocking_driver driver(p, o);
  action a = driver.start();
  while (a.kind == action_kind::start_attempt) {
    context c = driver.context_of(a);
    try {
      if constexpr (std::is_void_v<R>) {
        call_with(f, c);
        last.returned_value();
      } else {
        last.returned_value(call_with(f, c));
      }
    } catch (const abi::__forced_unwind&) {
      throw;  // the thread is being ended
    } catch (...) {
      last.threw(std::current_exception());
    }
    a = driver.done(a, last.judge(inspector));
  }
  return conclude<R>(p, a, driver.attempts(), last, o);
}

}  // namespace detail

// Calls f through the policies, on this thread: f(context&) or f(). f may be called several times,
// one after another, or not at all.
//
// What f returns is a value; or a value or an error (weir::result and what looks like it,
// std::error_code); and it may throw. run() gives a result<value, call_error<error>> and throws
// nothing that f throws: the exception is in the call_error.
//
// What each end means to breakers and retries is the inspector's to say (inspect.hpp). A value that
// it calls a failure comes back as it is when no try and no fallback did better.
//
// A timeout cannot interrupt f, which should keep to context::deadline() itself. If f returns a
// value late, that is what the call gives, and breakers record how long it took (slow_ratio is the
// rule that sees it). If f fails late, the time is what ran out: cause::timeout, and retries go on
// where time is left.
template <class F>
auto pipeline::run(F&& f) const {
  inspect_nothing none;
  const run_options o;
  return detail::run_blocking(*this, f, none, o);
}
template <class F>
auto pipeline::run(F&& f, const run_options& options) const {
  inspect_nothing none;
  return detail::run_blocking(*this, f, none, options);
}
template <class F, class Inspector>
  requires(!std::is_same_v<std::remove_cvref_t<Inspector>, run_options>)
auto pipeline::run(F&& f, Inspector&& inspector) const {
  const run_options o;
  return detail::run_blocking(*this, f, inspector, o);
}
template <class F, class Inspector>
auto pipeline::run(F&& f, Inspector&& inspector, const run_options& options) const {
  return detail::run_blocking(*this, f, inspector, options);
}

template <class F, class... More>
auto pipeline::run_or_throw(F&& f, More&&... more) const {
  auto got = run(std::forward<F>(f), std::forward<More>(more)...);
  if (!got) got.error().raise();
  if constexpr (!std::is_void_v<typename decltype(got)::value_type>) return *std::move(got);
}

}  // namespace weir
