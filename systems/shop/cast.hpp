#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "systems/stage/company.hpp"

namespace weir::systems::shop {

enum role { products, inventory, favorites, cart };
inline constexpr std::array<const char*, 4> role_names{"products", "inventory", "favorites",
                                                       "cart"};

struct cast_options {
  std::optional<std::uint16_t> port_base;  // six ports from here; else the usual ones
  std::string inventory_delay = "0s..5s";
  bool breaker = true;   // false: the configuration without its breaker, to see what it is for
  bool defaults = true;  // false: … without the steps' defaults
  bool log_attempts = false;
  std::string keep_logs;  // a directory for the logs; empty: a temporary one
};

// The processes of the shop: four services on fresh SQLite files and the gateway before them.
class cast {
 public:
  // Throws std::runtime_error when a program or the configuration is missing.
  cast(io::loop& on, const cast_options& with, stage::company::listener told);

  // As stage::company has them, by role.
  std::optional<std::string> start() { return company_.start(); }
  std::optional<std::string> start_service(role which) { return company_.start(name(which)); }
  std::optional<std::string> launch(role which) { return company_.launch(name(which)); }
  void stop_service(role which) { company_.stop(name(which)); }
  void ask_to_stop(role which) { company_.ask_to_stop(name(which)); }
  void stop_all() { company_.stop_all(); }
  bool running(role which) const { return company_.running(name(which)); }
  bool stopping(role which) const { return company_.stopping(name(which)); }
  void set_faults(role which, const std::string& json, std::function<void(bool)> done) {
    company_.set_faults(name(which), json, std::move(done));
  }
  bool set_faults(role which, const std::string& json) {
    return company_.set_faults(name(which), json);
  }
  std::optional<std::uint64_t> requests_seen(role which) {
    return company_.requests_seen(name(which));
  }

  std::uint16_t port(role which) const { return company_.port(name(which)); }
  std::uint16_t gateway_port() const { return company_.port("gateway"); }
  std::uint16_t admin_port() const { return company_.admin_port("gateway"); }
  stage::visitor& visitor() noexcept { return company_.visitor(); }
  const stage::gateway_log& log() const noexcept { return company_.log(); }
  io::loop& loop() noexcept { return company_.loop(); }
  pid_t gateway_pid() const { return company_.pid("gateway"); }

 private:
  static std::string name(role which) { return role_names[which]; }

  stage::company company_;
};

}  // namespace weir::systems::shop
