#include "weir/resilience/face/judge.hpp"

namespace weir::detail {

outcome judge_code(const std::error_code& code) noexcept {
  if (code.category() == cause_category()) {
    const auto why = static_cast<cause>(code.value());
    if (is_rejection(why)) return outcome::rejected(why, duration::zero());
    if (why == cause::canceled) return outcome::canceled();
    return outcome::failure(why, true);
  }
  return outcome::failure(cause::error, true);
}

outcome judge_exception(const std::exception_ptr& thrown) noexcept {
  try {
    std::rethrow_exception(thrown);
  } catch (const call_rejected& e) {
    return outcome::rejected(e.why(), e.retry_after());
  } catch (const call_failed& e) {
    if (e.why() == cause::canceled) return outcome::canceled();
  } catch (...) {
  }
  return outcome::failure(cause::exception, true);
}

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception";
  }
}

}  // namespace weir::detail
