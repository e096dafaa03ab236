#pragma once

#include <cassert>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weir {

// An error on its way into a result; made by failure(e).
template <class E>
struct failed {
  E error;
};

// An error for a function to return that returns a result.
template <class E>
constexpr failed<std::decay_t<E>> failure(E&& error) {
  return {std::forward<E>(error)};
}

// A value or an error, in the manner of std::expected (which C++20 lacks). Asking for the one that
// is not there is a broken precondition, asserted in debug builds. [[nodiscard]]: an error cannot
// be dropped by oversight.
template <class T, class E = std::error_code>
class [[nodiscard]] result {
  static_assert(!std::is_reference_v<T> && !std::is_reference_v<E>);

 public:
  using value_type = T;
  using error_type = E;

  result()
    requires std::is_default_constructible_v<T>
      : has_value_(true) {
    std::construct_at(std::addressof(value_));
  }

  template <class U = T>
    requires(std::is_constructible_v<T, U> && !std::is_same_v<std::remove_cvref_t<U>, result>)
  result(U&& value) : has_value_(true) {  // NOLINT: implicit, as a return statement wants it
    std::construct_at(std::addressof(value_), std::forward<U>(value));
  }

  template <class G>
    requires std::is_constructible_v<E, G>
  result(failed<G> f) : has_value_(false) {  // NOLINT
    std::construct_at(std::addressof(error_), std::move(f.error));
  }

  result(const result& other)
    requires(std::is_copy_constructible_v<T> && std::is_copy_constructible_v<E>)
      : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(std::addressof(value_), other.value_);
    } else {
      std::construct_at(std::addressof(error_), other.error_);
    }
  }

  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T> &&
                                  std::is_nothrow_move_constructible_v<E>)
      : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(std::addressof(value_), std::move(other.value_));
    } else {
      std::construct_at(std::addressof(error_), std::move(other.error_));
    }
  }

  result& operator=(const result& other)
    requires(std::is_copy_constructible_v<T> && std::is_copy_constructible_v<E>)
  {
    if (this != &other) *this = result(other);
    return *this;
  }

  result& operator=(result&& other) noexcept(std::is_nothrow_move_constructible_v<T> &&
                                             std::is_nothrow_move_constructible_v<E>) {
    static_assert(
        std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_constructible_v<E>,
        "a throwing move would leave the result holding neither");
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }

  ~result() {
    if (has_value_) {
      std::destroy_at(std::addressof(value_));
    } else {
      std::destroy_at(std::addressof(error_));
    }
  }

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  T& value() & { return checked(value_, has_value_); }
  const T& value() const& { return checked(value_, has_value_); }
  T&& value() && { return std::move(checked(value_, has_value_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::addressof(value()); }
  const T* operator->() const { return std::addressof(value()); }

  E& error() & { return checked(error_, !has_value_); }
  const E& error() const& { return checked(error_, !has_value_); }
  E&& error() && { return std::move(checked(error_, !has_value_)); }

  template <class U>
  T value_or(U&& other) const& {
    return has_value_ ? value_ : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  T value_or(U&& other) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

  // f(value) gives another result; the error passes by.
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (has_value_) return std::forward<F>(f)(std::move(value_));
    return failure(std::move(error_));
  }
  // f(value) → U; the error passes by.
  template <class F>
  auto map(F&& f) && -> result<std::invoke_result_t<F, T&&>, E> {
    if (!has_value_) return failure(std::move(error_));
    if constexpr (std::is_void_v<std::invoke_result_t<F, T&&>>) {
      std::forward<F>(f)(std::move(value_));
      return {};
    } else {
      return std::forward<F>(f)(std::move(value_));
    }
  }
  // f(error) → G; the value passes by.
  template <class F>
  auto map_error(F&& f) && -> result<T, std::invoke_result_t<F, E&&>> {
    if (has_value_) return std::move(value_);
    return failure(std::forward<F>(f)(std::move(error_)));
  }

 private:
  template <class X>
  static X& checked(X& x, [[maybe_unused]] bool held) noexcept {
    assert(held);
    return x;  // NOLINT(bugprone-return-const-ref-from-parameter): a member, no temporary
  }

  union {
    T value_;
    E error_;
  };
  bool has_value_;
};

// Success without a value, or an error.
template <class E>
class [[nodiscard]] result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  result() noexcept : inner_(nothing{}) {}
  template <class G>
    requires std::is_constructible_v<E, G>
  result(failed<G> f) : inner_(failed<E>{E(std::move(f.error))}) {}  // NOLINT

  bool has_value() const noexcept { return inner_.has_value(); }
  explicit operator bool() const noexcept { return inner_.has_value(); }
  void value() const noexcept { assert(inner_.has_value()); }

  E& error() & { return inner_.error(); }
  const E& error() const& { return inner_.error(); }
  E&& error() && { return std::move(inner_).error(); }

  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F> {
    if (inner_) return std::forward<F>(f)();
    return failure(std::move(inner_).error());
  }

 private:
  struct nothing {};
  result<nothing, E> inner_;
};

}  // namespace weir
