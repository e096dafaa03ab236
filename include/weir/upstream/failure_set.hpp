#pragma once

#include <bitset>

namespace weir::upstream {

// What a service's circuit breaker counts as a failure. The default is the breaker column of the
// configuration's rules; a service's `failures:` replaces it.
struct failure_set {
  bool connect = true;    // refused, unreachable, DNS, TLS, connect time-out
  bool timeout = true;    // a time-out set by the configuration
  bool transport = true;  // reset, truncation, malformed
  bool decode = true;     // a 2xx that cannot be decoded, or is over a limit
  bool kind = false;      // not of the expected kind
  std::bitset<600> statuses;

  failure_set() {
    for (std::size_t s = 500; s < 600; ++s) statuses.set(s);
  }
  bool status(int code) const noexcept {
    return code >= 0 && code < 600 && statuses.test(static_cast<std::size_t>(code));
  }
  friend bool operator==(const failure_set&, const failure_set&) = default;
};

}  // namespace weir::upstream
