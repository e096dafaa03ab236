#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "weir/resilience/face/returned.hpp"
#include "weir/resilience/fallback/fallback_source.hpp"
#include "weir/resilience/pipeline/layer.hpp"

namespace weir {
namespace detail {

// One of a fallback's values or functions, without its type.
class fallback_part {
 public:
  virtual ~fallback_part() = default;
  virtual bool gives(const std::type_info& wanted) const noexcept = 0;
  // `into` is an std::optional of the wanted type (std::monostate for void). False: it has nothing.
  virtual bool give(const std::type_info& wanted, void* into, const outcome& why) const = 0;
};

template <class T, class Tried>
bool give_as(const std::type_info& wanted, void* into, const T& value) {
  if (wanted != typeid(Tried)) return false;
  static_cast<std::optional<Tried>*>(into)->emplace(static_cast<Tried>(value));
  return true;
}

// What a T can stand for: itself, the number in another arithmetic type, the same in an optional.
template <class... To>
struct type_list {};
using numbers =
    type_list<bool, char, signed char, unsigned char, short, unsigned short, int, unsigned, long,
              unsigned long, long long, unsigned long long, float, double, long double>;

template <class T, class... To>
bool gives_any(const std::type_info& wanted, type_list<To...>) noexcept {
  // Itself first: this is asked at every call, and a type that differs is found out by its name.
  return wanted == typeid(T) || ((wanted == typeid(To)) || ...);
}
template <class T, class... To>
bool give_any(const std::type_info& wanted, void* into, const T& value, type_list<To...>) {
  return (give_as<T, To>(wanted, into, value) || ...);
}
template <class T>
auto stands_for() {
  if constexpr (std::is_arithmetic_v<T>) {
    return numbers{};
  } else {
    return type_list<T, std::optional<T>>{};
  }
}

template <class T>
class fallback_value final : public fallback_part {
 public:
  explicit fallback_value(T value) : value_(std::move(value)) {}
  bool gives(const std::type_info& wanted) const noexcept override {
    return gives_any<T>(wanted, stands_for<T>());
  }
  bool give(const std::type_info& wanted, void* into, const outcome&) const override {
    return give_any<T>(wanted, into, value_, stands_for<T>());
  }

 private:
  const T value_;
};

template <class F>
class fallback_function final : public fallback_part {
 public:
  using returns = std::remove_cvref_t<decltype([] {
    if constexpr (std::is_invocable_v<const F&, const outcome&>) {
      return std::type_identity<std::invoke_result_t<const F&, const outcome&>>{};
    } else {
      return std::type_identity<std::invoke_result_t<const F&>>{};
    }
  }())>;
  using R = std::remove_cvref_t<typename returns::type>;
  using traits = detail::returned<R>;
  using V = typename traits::value;

  explicit fallback_function(F f) : call_(std::move(f)) {}

  bool gives(const std::type_info& wanted) const noexcept override {
    if (wanted == typeid(V)) return true;
    if constexpr (std::is_void_v<V>) {
      return false;
    } else {
      return gives_any<V>(wanted, stands_for<V>());
    }
  }

  bool give(const std::type_info& wanted, void* into, const outcome& why) const override {
    if constexpr (std::is_void_v<R>) {
      call(why);
      static_cast<std::optional<std::monostate>*>(into)->emplace();
      return true;
    } else {
      R got = call(why);
      if constexpr (traits::may_fail) {
        if (traits::failed(got)) return false;
      }
      if constexpr (std::is_void_v<V>) {
        static_cast<std::optional<std::monostate>*>(into)->emplace();
        return true;
      } else {
        if (wanted == typeid(V)) {
          static_cast<std::optional<V>*>(into)->emplace(traits::take(got));
          return true;
        }
        if constexpr (std::is_copy_constructible_v<V>) {
          return give_any<V>(wanted, into, traits::look(got), stands_for<V>());
        } else {
          return false;
        }
      }
    }
  }

 private:
  decltype(auto) call(const outcome& why) const {
    if constexpr (std::is_invocable_v<const F&, const outcome&>) {
      return call_(why);
    } else {
      return call_();
    }
  }
  const F call_;
};

template <class T>
std::shared_ptr<const fallback_part> make_fallback_part(T&& part) {
  using U = std::decay_t<T>;
  if constexpr (std::is_invocable_v<const U&, const outcome&> || std::is_invocable_v<const U&>) {
    return std::make_shared<const fallback_function<U>>(std::forward<T>(part));
  } else if constexpr (std::is_convertible_v<const U&, std::string_view>) {
    // A literal stands for the text.
    return std::make_shared<const fallback_value<std::string>>(std::string(std::string_view(part)));
  } else {
    return std::make_shared<const fallback_value<U>>(std::forward<T>(part));
  }
}

}  // namespace detail

// Another value in the place of a failed call's. Acts on failures and rejections, and on time that
// ran out; never on what was ignored or cancelled.
//
//   weir::fallback(cached)                            a value, copied for each call that needs it
//   weir::fallback([](const weir::outcome& why) {…})  a function, of why or of nothing; may return
//                                                     a result that says it has nothing either
//   weir::fallback(f, g, value)                       a chain: the first that has something
//   weir::fallback(cached).when([](const weir::outcome& why) { return … })
//
// A function that throws has nothing; when nobody has, the call's own failure is what comes out.
// Functions run on the thread that ends the call, after it left the pipeline: no timeout covers
// them. The value must be of the call's type (a number may be of another, a literal stands for
// std::string): run() throws std::invalid_argument otherwise, whether the call works or not.
// A policy for a pipeline; thread-safe if its functions are.
class fallback {
 public:
  template <class... Parts>
    requires(sizeof...(Parts) > 0 && (!std::same_as<std::decay_t<Parts>, fallback> && ...))
  explicit fallback(Parts&&... parts) {
    (parts_.push_back(detail::make_fallback_part(std::forward<Parts>(parts))), ...);
    make_layer(nullptr);
  }

  // The same, for some outcomes only.
  fallback when(std::function<bool(const outcome&)> narrower) const;

  friend layer_ptr as_layer(const fallback& f) { return f.layer_; }

 private:
  void make_layer(std::function<bool(const outcome&)> when);

  std::vector<std::shared_ptr<const detail::fallback_part>> parts_;
  layer_ptr layer_;
};

}  // namespace weir
