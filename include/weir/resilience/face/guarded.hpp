#pragma once

#include <exception>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"
#include "weir/resilience/face/judge.hpp"

namespace weir {
namespace detail {

inline void record(permit& p, const outcome& how, const std::string& text) noexcept {
  if (how.counts == verdict::ok) return p.succeed();
  if (how.counts == verdict::ignored) return p.ignore();
  if (!how.detail.empty()) return p.fail(how.detail);
  p.fail(text.empty() ? to_string(how.why) : std::string_view(text));
}

template <class R>
R reject(const rejection& why) {
  using plain = std::remove_cv_t<R>;
  if constexpr (std::is_same_v<plain, std::error_code>) {
    return make_error_code(why.why);
  } else if constexpr (std::is_constructible_v<plain, failed<call_error<>>>) {
    call_error<> e;
    e.why = why.why;
    e.retry_after = why.retry_after;
    return weir::failure(std::move(e));
  } else if constexpr (std::is_constructible_v<plain, failed<std::error_code>>) {
    return weir::failure(make_error_code(why.why));
  } else {
    throw_cause(why.why, why.retry_after);
  }
}

template <class F, class Inspector>
std::invoke_result_t<F&> run_guarded(const circuit_breaker& breaker, F& f, Inspector& inspector) {
  using R = std::invoke_result_t<F&>;
  using kept = std::remove_cvref_t<R>;
  auto leave = breaker.try_acquire();
  if (!leave) return reject<R>(leave.error());
  try {
    if constexpr (std::is_void_v<R>) {
      f();
      leave->succeed();
    } else {
      R end = f();
      const outcome how = judge_returned<kept>(end, inspector);
      record(*leave, how,
             how.counts == verdict::failure ? text_of_returned<kept>(end) : std::string());
      if constexpr (std::is_reference_v<R>) {
        return static_cast<R>(end);
      } else {
        return end;
      }
    }
  } catch (...) {
    if (leave->pending()) {
      const auto thrown = std::current_exception();
      const outcome how = judge_thrown(thrown, inspector);
      record(*leave, how, how.counts == verdict::failure ? text_of(thrown) : std::string());
    }
    throw;
  }
}

}  // namespace detail

// Calls f() under the breaker and gives what it gives. A normal end is ok; an exception, and an
// error in a result-like or std::error_code return, is a failure, unless the inspector says
// otherwise (inspect.hpp); the exception passes on. When the circuit is open, f is not called: the
// rejection is an error in f's own return type where that can hold a std::error_code or a
// call_error<>, else call_rejected is thrown.
template <class F>
auto circuit_breaker::context(F&& f) const -> std::invoke_result_t<F&> {
  inspect_nothing none;
  return detail::run_guarded(*this, f, none);
}
template <class F, class Inspector>
auto circuit_breaker::context(F&& f, Inspector&& inspector) const -> std::invoke_result_t<F&> {
  return detail::run_guarded(*this, f, inspector);
}

// A function with a breaker of its own around it, called as the function is:
//
//   weir::cutout guarded({.name = "author"}, fetch);
//   auto reply = guarded(url);
//
// What counts and what comes back when it is open is as for circuit_breaker::context(). Copies
// share the circuit. Thread-safe as far as the function is.
template <class F, class Inspector = inspect_nothing>
class cutout {
 public:
  // Throws as circuit_breaker does.
  cutout(circuit_options options, F f, Inspector inspector = {})
      : breaker_(std::move(options)), f_(std::move(f)), inspector_(std::move(inspector)) {}

  template <class... Args>
    requires std::is_invocable_v<F&, Args...>
  decltype(auto) operator()(Args&&... args) {
    return breaker_.context(
        [&]() -> decltype(auto) { return std::invoke(f_, std::forward<Args>(args)...); },
        inspector_);
  }
  template <class... Args>
    requires std::is_invocable_v<const F&, Args...>
  decltype(auto) operator()(Args&&... args) const {
    return breaker_.context(
        [&]() -> decltype(auto) { return std::invoke(f_, std::forward<Args>(args)...); },
        inspector_);
  }

  const circuit_breaker& breaker() const noexcept { return breaker_; }

 private:
  circuit_breaker breaker_;
  F f_;
  Inspector inspector_;
};

}  // namespace weir
