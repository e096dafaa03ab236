#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include "weir/resilience/face/inspect.hpp"
#include "weir/resilience/face/returned.hpp"

namespace weir::detail {

// The text of an error, for a breaker's last error; empty where it has none to give.
std::string text_of(const std::exception_ptr& thrown);
template <class E>
std::string text_of_error(const E& error) {
  if constexpr (requires { std::string(error.message()); }) {
    return error.message();
  } else {
    return {};
  }
}

template <class Inspector>
outcome judge_thrown(const std::exception_ptr& thrown, Inspector& inspector) {
  if constexpr (inspects<Inspector, std::exception_ptr>) {
    return outcome_of(inspector(thrown), cause::exception);
  } else if constexpr (inspects<Inspector, std::exception>) {
    try {
      std::rethrow_exception(thrown);
    } catch (const call_failed&) {  // of a pipeline or breaker inside
    } catch (const std::exception& e) {
      return outcome_of(inspector(e), cause::exception);
    } catch (...) {
    }
  }
  return judge_exception(thrown);
}

// Of what a callable that returns R returned.
template <class R, class Inspector>
outcome judge_returned(const typename returned<R>::kept& end, Inspector& inspector) {
  using traits = returned<R>;
  if constexpr (traits::may_fail) {
    if (traits::failed(end)) {
      if constexpr (inspects<Inspector, typename traits::error>) {
        return outcome_of(inspector(traits::why(end)), cause::error);
      } else {
        return judge_error(traits::why(end));
      }
    }
  }
  if constexpr (!std::is_void_v<typename traits::value>) {
    if constexpr (inspects<Inspector, typename traits::value>) {
      return outcome_of(inspector(traits::look(end)), cause::error);
    }
  }
  return outcome::success();
}

template <class R>
std::string text_of_returned(const typename returned<R>::kept& end) {
  if constexpr (returned<R>::may_fail) {
    if (returned<R>::failed(end)) return text_of_error(returned<R>::why(end));
  }
  return {};
}

}  // namespace weir::detail
