#include "weir/gateway/plan/settings.hpp"

#include <cstring>

namespace weir::gateway {
namespace {

// IPv4 as ::ffff:a.b.c.d, so that one comparison serves both families.
bool mapped(const io::address& a, std::uint8_t (&to)[16]) noexcept {
  if (a.raw()->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(a.raw());
    std::memset(to, 0, 10);
    to[10] = to[11] = 0xff;
    std::memcpy(to + 12, &in->sin_addr, 4);
    return true;
  }
  if (a.raw()->sa_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(a.raw());
    std::memcpy(to, &in6->sin6_addr, 16);
    return true;
  }
  return false;
}

}  // namespace

bool network::contains(const io::address& a) const noexcept {
  std::uint8_t other[16];
  if (!mapped(a, other)) return false;
  const unsigned whole = prefix / 8u;
  if (std::memcmp(bytes, other, whole) != 0) return false;
  const unsigned rest = prefix % 8u;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00u >> rest);
  return ((bytes[whole] ^ other[whole]) & mask) == 0;
}

}  // namespace weir::gateway
