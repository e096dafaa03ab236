#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::io {

// An IPv4 or IPv6 address with a port. A value.
class address {
 public:
  address() = default;
  static std::optional<address> parse(std::string_view ip, std::uint16_t port);  // no names
  static address from(const sockaddr* raw, socklen_t length);

  std::uint16_t port() const noexcept;
  std::string ip() const;         // "127.0.0.1", "::1"
  std::string to_string() const;  // "127.0.0.1:80", "[::1]:80"
  bool is_loopback() const noexcept;
  const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t raw_length() const noexcept { return length_; }
  friend bool operator==(const address& a, const address& b) noexcept;

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

}  // namespace weir::io
