#include "weir/resilience/outcome.hpp"

namespace weir {

std::string_view to_string(cause c) noexcept {
  switch (c) {
    case cause::none:
      return "none";
    case cause::connect:
      return "connect";
    case cause::connect_timeout:
      return "connect_timeout";
    case cause::response_timeout:
      return "response_timeout";
    case cause::timeout:
      return "timeout";
    case cause::deadline:
      return "deadline";
    case cause::reset:
      return "reset";
    case cause::status:
      return "status";
    case cause::decode:
      return "decode";
    case cause::unexpected:
      return "unexpected";
    case cause::exception:
      return "exception";
    case cause::error:
      return "error";
    case cause::rejected_open:
      return "rejected_open";
    case cause::rejected_limit:
      return "rejected_limit";
    case cause::rejected_rate:
      return "rejected_rate";
    case cause::canceled:
      return "canceled";
  }
  return "?";
}

std::string_view to_string(verdict v) noexcept {
  switch (v) {
    case verdict::ok:
      return "ok";
    case verdict::failure:
      return "failure";
    case verdict::ignored:
      return "ignored";
  }
  return "?";
}

}  // namespace weir
