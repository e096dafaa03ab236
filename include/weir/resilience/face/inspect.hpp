#pragma once

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include "weir/resilience/face/error.hpp"
#include "weir/resilience/outcome.hpp"

namespace weir {

// An inspector says what an attempt's end means: verdict::ok, failure or ignored, or a whole
// outcome, which also says whether trying again may help. It is a callable, given what there is to
// judge: `const T&` of a value, `const E&` of an error, `const std::exception_ptr&`. What it cannot
// be called with is judged as without it: a value is ok; an error or an exception is a failure that
// may be tried again, but for this library's own rejections, which count for nothing.
//
// inspect() joins several callables into one inspector:
//
//   weir::inspect([](const response& r) { return r.status < 500 ? verdict::ok : verdict::failure;
//   },
//                 weir::ignoring<std::invalid_argument>)
template <class... Parts>
struct inspect : Parts... {
  explicit inspect(Parts... parts) : Parts(std::move(parts))... {}
  using Parts::operator()...;
};

// What an inspector is when none is given.
struct inspect_nothing {
  void operator()() const noexcept {}
};

namespace detail {

inline outcome outcome_of(verdict v, cause why) noexcept {
  if (v == verdict::ok) return outcome::success();
  if (v == verdict::ignored) return outcome::ignored();
  return outcome::failure(why, true);
}
inline outcome outcome_of(outcome o, cause why) noexcept {
  if (o.failed && o.why == cause::none) o.why = why;
  return o;
}

// Of exceptions and error codes without an inspector.
outcome judge_exception(const std::exception_ptr& thrown) noexcept;
outcome judge_code(const std::error_code& code) noexcept;

template <class E>
outcome judge_error(const E& error) noexcept {
  if constexpr (std::is_same_v<E, std::error_code>) {
    return judge_code(error);
  } else if constexpr (requires {
                         { error.why } -> std::convertible_to<cause>;
                         { error.retry_after } -> std::convertible_to<duration>;
                       }) {
    if (is_rejection(error.why)) return outcome::rejected(error.why, error.retry_after);
    if (error.why == cause::canceled) return outcome::canceled();
    return outcome::failure(cause::error, true);
  } else {
    return outcome::failure(cause::error, true);
  }
}

template <class Inspector, class What>
concept inspects = requires(Inspector& i, const What& w) {
  { i(w) } -> std::convertible_to<verdict>;
} || requires(Inspector& i, const What& w) {
  { i(w) } -> std::convertible_to<outcome>;
};

}  // namespace detail

// Part of an inspector: exceptions of these types count for nothing and pass by…
template <class... Exceptions>
struct ignoring_exceptions {
  verdict operator()(const std::exception_ptr& thrown) const {
    return is_one_of(thrown) ? verdict::ignored : verdict::failure;
  }
  static bool is_one_of(const std::exception_ptr& thrown) {
    return (is_a<Exceptions>(thrown) || ...);
  }

 private:
  template <class Exception>
  static bool is_a(const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Exception&) {
      return true;
    } catch (...) {
      return false;
    }
  }
};
// …or only these are failures, and others count for nothing.
template <class... Exceptions>
struct only_exceptions {
  verdict operator()(const std::exception_ptr& thrown) const {
    return ignoring_exceptions<Exceptions...>::is_one_of(thrown) ? verdict::failure
                                                                 : verdict::ignored;
  }
};

// An inspector for run() and context(): these exceptions count for nothing, others are failures.
template <class... Exceptions>
inline constexpr ignoring_exceptions<Exceptions...> ignoring{};
// An inspector for run() and context(): only these exceptions are failures.
template <class... Exceptions>
inline constexpr only_exceptions<Exceptions...> only{};

}  // namespace weir
