#pragma once

#include <cstddef>
#include <utility>

namespace weir {

template <class Signature>
class delegate;

// A call to make later, in two words: a function and the object it is for, which must outlive the
// call. Never allocates; copies freely. For callbacks that a loop makes millions of times, where
// std::function would allocate and own.
template <class R, class... Args>
class delegate<R(Args...)> {
 public:
  constexpr delegate() noexcept = default;
  constexpr delegate(std::nullptr_t) noexcept {}  // NOLINT: an empty delegate, as a null pointer

  // A member function of an object: delegate<void(int)>::to<&reader::on_bytes>(reader).
  template <auto Member, class T>
  static constexpr delegate to(T& object) noexcept {
    delegate d;
    d.object_ = const_cast<void*>(static_cast<const void*>(&object));
    d.call_ = [](void* o, Args... args) -> R {
      return (static_cast<T*>(o)->*Member)(std::forward<Args>(args)...);
    };
    return d;
  }

  // A plain function known at compile time: delegate<void(int)>::to<&on_bytes>().
  template <auto Function>
  static constexpr delegate to() noexcept {
    delegate d;
    d.call_ = [](void*, Args... args) -> R { return Function(std::forward<Args>(args)...); };
    return d;
  }

  // A function that takes its context as the first argument.
  static constexpr delegate with(R (*function)(void*, Args...), void* context) noexcept {
    delegate d;
    d.object_ = context;
    d.call_ = function;
    return d;
  }

  // A callable that stays where it is (a lambda kept by the caller).
  template <class F>
  static constexpr delegate ref(F& callable) noexcept {
    delegate d;
    d.object_ = const_cast<void*>(static_cast<const void*>(&callable));
    d.call_ = [](void* o, Args... args) -> R {
      return (*static_cast<F*>(o))(std::forward<Args>(args)...);
    };
    return d;
  }

  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }
  explicit constexpr operator bool() const noexcept { return call_ != nullptr; }
  friend constexpr bool operator==(const delegate&, const delegate&) noexcept = default;

 private:
  R (*call_)(void*, Args...) = nullptr;
  void* object_ = nullptr;
};

}  // namespace weir
