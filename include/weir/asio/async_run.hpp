#pragma once

#include <boost/asio/version.hpp>
#if BOOST_ASIO_VERSION < 102600
#error "weir/asio needs Boost 1.81 or newer"
#endif

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/is_executor.hpp>
#include <boost/asio/system_executor.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "weir/asio/async_call.hpp"
#include "weir/resilience/pipeline/pipeline.hpp"

namespace weir {
namespace detail {

template <class T>
inline constexpr bool is_executor_like =
    net::execution::is_executor<std::remove_cvref_t<T>>::value ||
    net::is_executor<std::remove_cvref_t<T>>::value;

// In the place of an executor: the completion handler's own.
struct of_the_handler {};

template <class Handler, class Executor>
net::any_io_executor executor_for(const Handler& handler, const Executor& given) {
  if constexpr (std::is_same_v<Executor, of_the_handler>) {
    static_assert(!std::is_same_v<net::associated_executor_t<Handler>, net::system_executor>,
                  "the completion handler has no executor: give one, async_run(executor, f, "
                  "token), or bind one");
    return net::get_associated_executor(handler);
  } else {
    return given;
  }
}

template <class Executor, class F, class Inspector, class Token>
auto async_run(const pipeline& p, const Executor& executor, F&& f, Inspector&& inspector,
               const run_options& options, Token&& token) {
  using callable = std::decay_t<F>;
  using inspecting = std::decay_t<Inspector>;
  using R = async_returned_by<callable>;
  require_fallbacks(p, typeid(typename returned<R>::value));
  return net::async_initiate<Token, void(run_result<R>)>(
      [](auto handler, const Executor& given, pipeline through, callable call, inspecting judge,
         const run_options& how) {
        using handler_type = decltype(handler);
        auto on = executor_for(handler, given);
        std::make_shared<async_call<handler_type, callable, inspecting>>(
            std::move(handler), std::move(on), std::move(through), std::move(call),
            std::move(judge), how)
            ->start();
      },
      token, executor, p, std::forward<F>(f), std::forward<Inspector>(inspector), options);
}

template <class T>
inline constexpr bool is_options = std::is_same_v<std::remove_cvref_t<T>, run_options>;

// What may follow the executor and f: [inspector] [options] [token].
template <class Executor, class F>
auto async_run_on(const pipeline& p, const Executor& on, F&& f) {
  return async_run(p, on, std::forward<F>(f), inspect_nothing{}, run_options{}, net::deferred);
}
template <class Executor, class F, class A>
auto async_run_on(const pipeline& p, const Executor& on, F&& f, A&& a) {
  if constexpr (is_options<A>) {
    return async_run(p, on, std::forward<F>(f), inspect_nothing{}, a, net::deferred);
  } else {
    return async_run(p, on, std::forward<F>(f), inspect_nothing{}, run_options{},
                     std::forward<A>(a));
  }
}
template <class Executor, class F, class A, class B>
auto async_run_on(const pipeline& p, const Executor& on, F&& f, A&& a, B&& b) {
  if constexpr (is_options<A>) {
    return async_run(p, on, std::forward<F>(f), inspect_nothing{}, a, std::forward<B>(b));
  } else if constexpr (is_options<B>) {
    return async_run(p, on, std::forward<F>(f), std::forward<A>(a), b, net::deferred);
  } else {
    return async_run(p, on, std::forward<F>(f), std::forward<A>(a), run_options{},
                     std::forward<B>(b));
  }
}
template <class Executor, class F, class Inspector, class Token>
auto async_run_on(const pipeline& p, const Executor& on, F&& f, Inspector&& inspector,
                  const run_options& options, Token&& token) {
  return async_run(p, on, std::forward<F>(f), std::forward<Inspector>(inspector), options,
                   std::forward<Token>(token));
}

template <class First, class... Rest>
auto async_run_with(const pipeline& p, First&& first, Rest&&... rest) {
  if constexpr (is_executor_like<First>) {
    return async_run_on(p, first, std::forward<Rest>(rest)...);
  } else {
    return async_run_on(p, of_the_handler{}, std::forward<First>(first),
                        std::forward<Rest>(rest)...);
  }
}

}  // namespace detail

// Calls f through the policies, without blocking:
//
//   policy.async_run([executor,] f [, inspector] [, options] [, token])
//
// f(context&) or f() begins an attempt and returns it: an awaitable, or an operation that takes a
// completion token (`socket.async_read_some(buffer, asio::deferred)`). Its end is a value, an error
// (a first argument of error_code, or a result) or an exception, judged as run() judges them. The
// completion signature is void(result<value, call_error<error>>); the default token is
// asio::deferred, to be awaited.
//
// f, timers and attempts run on the executor given, else on the completion handler's; it must not
// run two handlers at once (one thread, or a strand). The call may be made from any thread: f is
// called before it returns where the caller is on that executor, else there, later. A timeout
// cancels the attempt (cancellation_type all, and context::stop()) and waits until it is gone. The
// caller cancels through the handler's cancellation slot, of any type, or run_options::stop: the
// call then ends with cause::canceled.
// run_options::time is not used: timers are the executor's.
template <class... Args>
auto pipeline::async_run(Args&&... args) const {
  return detail::async_run_with(*this, std::forward<Args>(args)...);
}

}  // namespace weir
