#include "authority.hpp"

#include "characters.hpp"

namespace weir::http::detail {
namespace {

bool is_port(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 5) return false;
  unsigned value = 0;
  for (const char c : digits) {
    if (!is_digit(static_cast<unsigned char>(c))) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

bool is_ipv6_literal(std::string_view inside) noexcept {
  unsigned colons = 0;
  for (const char c : inside) {
    if (c == ':') {
      ++colons;
    } else if (c != '.' && hex_value(c) < 0) {
      return false;
    }
  }
  return colons >= 2;
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
  std::size_t host_end = 0;
  if (!text.empty() && text.front() == '[') {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6_literal(text.substr(1, bracket - 1)))
      return false;
    host_end = bracket + 1;
  } else {
    while (host_end < text.size() && is_unreserved(text[host_end])) ++host_end;
    if (host_end == 0) return false;
  }
  if (host_end == text.size()) return true;
  return text[host_end] == ':' && is_port(text.substr(host_end + 1));
}

}  // namespace weir::http::detail
