#pragma once

#include <concepts>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include "weir/base/result.hpp"
#include "weir/resilience/face/context.hpp"
#include "weir/resilience/face/error.hpp"

namespace weir::detail {

// weir::result, std::expected and their like.
template <class R>
concept result_like = requires(const R& r) {
  typename R::value_type;
  typename R::error_type;
  { r.has_value() } -> std::convertible_to<bool>;
  { r.error() } -> std::convertible_to<const typename R::error_type&>;
};

template <class E>
struct as_call_error {
  using type = call_error<E>;
};
// A call through a pipeline within a call through a pipeline has one kind of error.
template <class E>
struct as_call_error<call_error<E>> {
  using type = call_error<E>;
};

// What a callable's return type means: the value in it, and the error it may hold instead. `kept`
// is how it is stored until the call is over.
template <class R>
struct returned {
  using kept = R;
  using value = R;
  using error = std::error_code;
  static constexpr bool may_fail = false;
  static value take(kept& k) { return std::move(k); }
  // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): what is kept outlives the look
  static const value& look(const kept& k) noexcept { return k; }
};

template <>
struct returned<void> {
  using kept = std::monostate;
  using value = void;
  using error = std::error_code;
  static constexpr bool may_fail = false;
};

template <>
struct returned<std::error_code> {
  using kept = std::error_code;
  using value = void;
  using error = std::error_code;
  static constexpr bool may_fail = true;
  static bool failed(const kept& k) noexcept { return static_cast<bool>(k); }
  // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): what is kept outlives the look
  static const error& why(const kept& k) noexcept { return k; }
};

template <result_like R>
struct returned<R> {
  using kept = R;
  using value = typename R::value_type;
  using error = typename R::error_type;
  static constexpr bool may_fail = true;
  static bool failed(const kept& k) { return !k.has_value(); }
  static decltype(auto) why(const kept& k) { return k.error(); }
  static value take(kept& k)
    requires(!std::is_void_v<value>)
  {
    return *std::move(k);
  }
  static const auto& look(const kept& k)
    requires(!std::is_void_v<value>)
  {
    return *k;
  }
};

template <class R>
using call_error_of = typename as_call_error<typename returned<R>::error>::type;
// What run() gives for a callable that returns R.
template <class R>
using run_result = result<typename returned<R>::value, call_error_of<R>>;

// f(context&) or f().
template <class F>
decltype(auto) call_with(F& f, context& c) {
  if constexpr (std::is_invocable_v<F&, context&>) {
    return f(c);
  } else {
    return f();
  }
}
template <class F>
using returned_by =
    std::remove_cvref_t<decltype(call_with(std::declval<F&>(), std::declval<context&>()))>;

}  // namespace weir::detail
