#pragma once

#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "weir/resilience/face/judge.hpp"

namespace weir::detail {

// How the last attempt of a callable that returns R ended: what it returned, or threw, kept until
// the call is over, and what that means.
template <class R>
class attempt_end {
 public:
  using traits = returned<R>;
  using value = typename traits::value;
  using error = call_error_of<R>;

  template <class... Args>
  void returned_value(Args&&... args) {
    end_.template emplace<1>(std::forward<Args>(args)...);
  }
  void threw(std::exception_ptr e) { end_.template emplace<2>(std::move(e)); }

  // The outcome's detail views text kept here until the next attempt.
  template <class Inspector>
  outcome judge(Inspector& inspector) {
    const auto* const thrown = std::get_if<2>(&end_);
    how_ =
        thrown ? judge_thrown(*thrown, inspector) : judge_returned<R>(std::get<1>(end_), inspector);
    if (how_.counts == verdict::failure && how_.detail.empty()) {
      text_ = thrown ? text_of(*thrown) : text_of_returned<R>(std::get<1>(end_));
      how_.detail = text_;
    }
    return how_;
  }

  // What the caller gets after `finish` says how the call ended.
  result<value, error> conclude(const outcome& finish, std::uint32_t attempts) {
    // As it is, unless another reason came after it. A value that is no good is still better than
    // none; so is a late one.
    const bool own = end_.index() != 0 && (!finish.failed || finish.why == how_.why);
    if (end_.index() == 1 && (own || is_timeout(finish.why)) && !failed()) {
      if constexpr (std::is_void_v<value>) {
        return {};
      } else {
        return traits::take(std::get<1>(end_));
      }
    }
    return weir::failure(why_none(finish, attempts, own));
  }

 private:
  bool failed() const {
    if constexpr (traits::may_fail) {
      return traits::failed(std::get<1>(end_));
    } else {
      return false;
    }
  }

  error why_none(const outcome& finish, std::uint32_t attempts, bool own) {
    error e;
    if constexpr (traits::may_fail) {
      if (end_.index() == 1 && failed()) {
        if constexpr (std::is_same_v<error, typename traits::error>) {
          // From a pipeline inside: its own account of it, if nothing else came on top.
          if (own) return traits::why(std::get<1>(end_));
        } else {
          e.error.emplace(traits::why(std::get<1>(end_)));
        }
      }
    }
    e.why = finish.why;
    // No failure, and yet no value: an error or exception that was called ignored, or ok.
    if (e.why == cause::none) e.why = end_.index() == 2 ? cause::exception : cause::error;
    e.retry_after = finish.retry_after;
    e.attempts = attempts;
    if (end_.index() == 2) e.exception = std::get<2>(end_);
    return e;
  }

  std::variant<std::monostate, typename traits::kept, std::exception_ptr> end_;
  outcome how_;
  std::string text_;
};

}  // namespace weir::detail
