#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "weir/base/clock.hpp"
#include "weir/http/message.hpp"

namespace weir::http {

// What is known of a request when its answer is looked at.
struct caching_request {
  bool authorized = false;  // it carried Authorization
  // Fields that were sent and are no part of the key that answers are kept by, lower case.
  std::span<const std::string_view> unkeyed = {};
  std::int64_t unix_now = 0;
};

// What an answer says of being given to others who ask the same, to a cache that serves several of
// them and never revalidates (RFC 9111; stale-if-error: RFC 5861).
struct caching_rules {
  bool reusable = true;  // kept, or handed to those who wait for the same
  // How long it is fresh from now on: s-maxage, max-age or Expires, less its Age. None: it does not
  // say.
  std::optional<duration> fresh_for;
  // How much longer it may stand in for a failure, by its own word. None: it does not say.
  std::optional<duration> stale_if_error;
  bool may_be_stale = true;  // whether it may where it does not say
};

caching_rules read_caching_rules(const fields& answer, const caching_request& of);

}  // namespace weir::http
