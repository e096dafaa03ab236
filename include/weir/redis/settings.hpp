#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/clock.hpp"
#include "weir/base/result.hpp"

namespace weir::redis {

// Where a Redis or Valkey server is and how to be let in.
struct settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string username;  // empty: the default user
  std::string password;  // empty: no AUTH is sent
  int database = 0;
  duration connect_timeout = std::chrono::seconds(1);
  duration reply_timeout = std::chrono::seconds(1);  // silence after a command; then reconnect
  // Between questions to a server that is only listened to, whether it is still there.
  duration look_after = std::chrono::seconds(5);
  duration first_pause = std::chrono::milliseconds(50);  // between tries to connect, doubling …
  duration longest_pause = std::chrono::seconds(2);      // … up to this, with full jitter
};

// `redis://[[user]:password@]host[:port][/database]`; the parts may be percent-encoded. An error
// says what is wrong and never quotes the password.
result<settings, std::string> parse_url(std::string_view url);

// "host:port/database": for logs, without what is secret.
std::string describe(const settings& s);

}  // namespace weir::redis
