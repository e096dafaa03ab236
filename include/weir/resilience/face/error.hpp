#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>

#include "weir/resilience/outcome.hpp"

namespace weir {

// What a caller wants to know of an error without caring about its exact cause:
// `if (error == weir::condition::rejected)`.
enum class condition : std::uint8_t {
  rejected = 1,  // turned away unsent: an open circuit, a limit
  timeout,       // time ran out, whoever set it; the same as std::errc::timed_out
  canceled,      // the caller gave up; the same as std::errc::operation_canceled
  failed,        // it was tried and did not work
};

// Causes as std::error_code, so that `std::error_code e = weir::cause::rejected_open;`.
const std::error_category& cause_category() noexcept;
// Conditions as std::error_condition, which codes compare equal to.
const std::error_category& condition_category() noexcept;
// What the standard library makes codes and conditions by.
inline std::error_code make_error_code(cause c) noexcept {
  return {static_cast<int>(c), cause_category()};
}
// See make_error_code().
inline std::error_condition make_error_condition(condition c) noexcept {
  return {static_cast<int>(c), condition_category()};
}

}  // namespace weir

template <>
struct std::is_error_code_enum<weir::cause> : std::true_type {};
template <>
struct std::is_error_condition_enum<weir::condition> : std::true_type {};

namespace weir {

// What the throwing faces throw of their own. code() is of cause_category().
class call_failed : public std::system_error {
 public:
  call_failed(cause why, duration retry_after);
  cause why() const noexcept { return static_cast<cause>(code().value()); }
  // How long until it may be worth calling again; zero where that is not known.
  duration retry_after() const noexcept { return retry_after_; }

 private:
  duration retry_after_;
};

// It was not even tried: the one to catch around a breaker.
class call_rejected : public call_failed {
 public:
  using call_failed::call_failed;
};

// Throws call_rejected for a rejection, else call_failed.
[[noreturn]] void throw_cause(cause why, duration retry_after);

// Why run() has no value to give. E is the error type of what was called.
template <class E = std::error_code>
struct call_error {
  cause why = cause::none;
  duration retry_after =
      duration::zero();               // as rejection::retry_after, or what the other side asked
  std::uint32_t attempts = 0;         // made; 0: rejected at the door
  std::optional<E> error = {};        // what the last attempt returned, if it did…
  std::exception_ptr exception = {};  // …or threw

  std::error_code code() const noexcept { return make_error_code(why); }
  std::string message() const { return code().message(); }

  // Throws what the last attempt threw, or returned as an error code, or else call_rejected or
  // call_failed.
  [[noreturn]] void raise() const {
    if (exception && !is_rejection(why)) std::rethrow_exception(exception);
    if constexpr (std::is_same_v<E, std::error_code>) {
      if (error && why == cause::error) throw std::system_error(*error);
    }
    throw_cause(why, retry_after);
  }

  // By its own cause, or by the error code that the attempt returned.
  friend bool operator==(const call_error& e, const std::error_condition& c) noexcept {
    if (e.code() == c) return true;
    if constexpr (std::is_same_v<E, std::error_code>) {
      return e.error && *e.error == c;
    } else {
      return false;
    }
  }
};

}  // namespace weir
