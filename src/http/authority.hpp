#pragma once

#include <string_view>

namespace weir::http::detail {

// host[:port] as Host has it: a name or IPv4 address of unreserved characters, or an IPv6 address
// in brackets. Narrower than RFC 3986: no user information, no percent-encoding, no sub-delimiters.
bool is_authority(std::string_view text) noexcept;

}  // namespace weir::http::detail
