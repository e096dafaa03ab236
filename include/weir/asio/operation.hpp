#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <exception>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/base/result.hpp"
#include "weir/resilience/face/returned.hpp"

namespace weir::detail {

namespace net = boost::asio;

// What an attempt's operation ends with, in the terms of the blocking face (returned<R>): the
// arguments of its completion, with an error code in front of them taken for the error, an
// exception for one that is thrown.
template <class... Args>
struct completed_with {
  using type = std::tuple<Args...>;
};
template <>
struct completed_with<> {
  using type = void;
};
template <class T>
struct completed_with<T> {
  using type = T;
};
template <class... Args>
struct completed_with<std::exception_ptr, Args...> : completed_with<Args...> {};
template <>
struct completed_with<boost::system::error_code> {
  using type = std::error_code;
};
template <class... Args>
struct completed_with<boost::system::error_code, Args...> {
  using type = result<typename completed_with<Args...>::type>;
};

template <class Signature>
struct signature_returns;
template <class... Args>
struct signature_returns<void(Args...)> : completed_with<std::decay_t<Args>...> {};

// R of what a callable given to async_run returned: an awaitable, or an operation that takes a
// completion token (as asio::deferred makes them).
template <class Op>
struct operation_returns : signature_returns<net::completion_signature_of_t<Op>> {};
template <class T, class Executor>
struct operation_returns<net::awaitable<T, Executor>> {
  using type = T;
};

// F, called as f(context&) or f(), begins an operation; and what that ends with.
template <class F>
using operation_of =
    std::remove_cvref_t<decltype(call_with(std::declval<F&>(), std::declval<context&>()))>;
template <class F>
using async_returned_by = typename operation_returns<operation_of<F>>::type;

// Puts a completion's arguments into the end of an attempt.
template <class R, class End>
class completion_into {
 public:
  explicit completion_into(End& end) noexcept : end_(end) {}

  void operator()() const { end_.returned_value(); }
  void operator()(boost::system::error_code e) const {
    end_.returned_value(static_cast<std::error_code>(e));
  }
  template <class... Args>
  void operator()(boost::system::error_code e, Args&&... args) const {
    if (e) {
      end_.returned_value(failure(static_cast<std::error_code>(e)));
    } else {
      end_.returned_value(typename R::value_type(std::forward<Args>(args)...));
    }
  }
  template <class... Args>
  void operator()(std::exception_ptr e, Args&&... args) const {
    if (e) {
      end_.threw(std::move(e));
    } else {
      end_.returned_value(std::forward<Args>(args)...);
    }
  }
  template <class First, class... Args>
    requires(!std::is_convertible_v<First, boost::system::error_code> &&
             !std::is_same_v<std::decay_t<First>, std::exception_ptr>)
  void operator()(First&& first, Args&&... args) const {
    end_.returned_value(std::forward<First>(first), std::forward<Args>(args)...);
  }

 private:
  End& end_;
};

}  // namespace weir::detail
