#include "weir/resilience/face/error.hpp"

namespace weir {
namespace {

class causes final : public std::error_category {
 public:
  const char* name() const noexcept override { return "weir"; }

  std::string message(int value) const override {
    switch (static_cast<cause>(value)) {
      case cause::none:
        return "no error";
      case cause::connect:
        return "no connection";
      case cause::connect_timeout:
        return "no connection in time";
      case cause::response_timeout:
        return "no answer in time";
      case cause::timeout:
        return "timed out";
      case cause::deadline:
        return "the caller's deadline is over";
      case cause::reset:
        return "the connection broke";
      case cause::status:
        return "the answer says that it failed";
      case cause::decode:
        return "the answer cannot be read";
      case cause::unexpected:
        return "the answer is of another kind";
      case cause::exception:
        return "the call threw an exception";
      case cause::error:
        return "the call returned an error";
      case cause::rejected_open:
        return "rejected: the circuit is open";
      case cause::rejected_limit:
        return "rejected: a limit is reached";
      case cause::rejected_rate:
        return "rejected: calls come too often";
      case cause::canceled:
        return "canceled";
    }
    return "unknown cause " + std::to_string(value);
  }

  std::error_condition default_error_condition(int value) const noexcept override {
    const auto c = static_cast<cause>(value);
    if (c == cause::none) return {};
    if (is_rejection(c)) return condition::rejected;
    if (is_timeout(c)) return condition::timeout;
    return c == cause::canceled ? condition::canceled : condition::failed;
  }

  bool equivalent(int value, const std::error_condition& c) const noexcept override {
    const auto is = static_cast<cause>(value);
    if (c == std::errc::timed_out) return is_timeout(is);
    if (c == std::errc::operation_canceled) return is == cause::canceled;
    return default_error_condition(value) == c;
  }
};

class conditions final : public std::error_category {
 public:
  const char* name() const noexcept override { return "weir condition"; }
  std::string message(int value) const override {
    switch (static_cast<condition>(value)) {
      case condition::rejected:
        return "rejected";
      case condition::timeout:
        return "timed out";
      case condition::canceled:
        return "canceled";
      case condition::failed:
        return "failed";
    }
    return "unknown condition " + std::to_string(value);
  }
};

}  // namespace

const std::error_category& cause_category() noexcept {
  static const causes category;
  return category;
}

const std::error_category& condition_category() noexcept {
  static const conditions category;
  return category;
}

call_failed::call_failed(cause why, duration retry_after)
    : std::system_error(make_error_code(why)), retry_after_(retry_after) {}

void throw_cause(cause why, duration retry_after) {
  if (is_rejection(why)) throw call_rejected(why, retry_after);
  throw call_failed(why, retry_after);
}

}  // namespace weir
