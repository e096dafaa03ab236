#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/http/server.hpp"
#include "weir/sharing/shared_circuits.hpp"
#include "weir/upstream/discovery_settings.hpp"
#include "weir/upstream/registrar.hpp"

namespace weir::gateway {

struct error_shape;

// A block of addresses: 10.0.0.0/8, ::1.
struct network {
  std::uint8_t bytes[16] = {};  // IPv4 as its mapped IPv6 form
  std::uint8_t prefix = 128;    // counted in that form
  bool contains(const io::address& a) const noexcept;
};

struct cors_settings {
  std::vector<std::string> origins;  // exact, or "*"
  std::vector<std::string> headers;
  bool credentials = false;
  duration max_age = std::chrono::minutes(10);
};

// Where instances are looked up.
struct discovery_plan {
  std::optional<upstream::consul_settings> consul;
  std::optional<upstream::registration> registered;  // this gateway itself
  std::string dns_servers;                           // empty: the system's
  std::string snapshot_file;                         // empty: none is kept
};

// What holds for the whole gateway.
struct gateway_settings {
  std::vector<io::address> listen;
  std::optional<io::address> admin;
  unsigned workers = 0;  // 0: one for each core
  http::server_limits limits;
  std::vector<network> trusted_proxies;
  std::optional<cors_settings> cors;
  discovery_plan discovery;
  std::shared_ptr<const error_shape> errors;
  std::optional<shared_circuits::settings> redis;  // none: circuits are this process' alone
  duration drain_notice = duration::zero();
  duration drain_timeout = std::chrono::seconds(30);
};

}  // namespace weir::gateway
