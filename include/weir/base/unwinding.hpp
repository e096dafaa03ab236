#pragma once

#include <cxxabi.h>

namespace weir {

namespace detail {

// What the Itanium C++ ABI (2.2.2, "Caught Exception Stack") keeps for each thread.
struct exception_globals {
  void* caught;
  unsigned int uncaught;
};

inline constinit thread_local const exception_globals* thread_exceptions = nullptr;

inline const exception_globals* find_thread_exceptions() noexcept {
  return thread_exceptions = reinterpret_cast<const exception_globals*>(abi::__cxa_get_globals());
}

}  // namespace detail

// std::uncaught_exceptions() without the call, which costs as much as a whole breaker: the place
// where the ABI keeps the number is asked for once for each thread.
inline unsigned int exceptions_in_flight() noexcept {
  const detail::exception_globals* const mine = detail::thread_exceptions;
  return mine ? mine->uncaught : detail::find_thread_exceptions()->uncaught;
}

}  // namespace weir
