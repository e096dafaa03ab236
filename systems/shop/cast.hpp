#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "systems/stage/child.hpp"
#include "systems/stage/gateway_log.hpp"
#include "systems/stage/place.hpp"
#include "systems/stage/visitor.hpp"

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
  struct listener {
    std::function<void(const stage::transition&)> on_transition;
    std::function<void(const std::string& name, int wait_status, bool as_asked)> on_end;
  };

  cast(io::loop& on, cast_options with, listener told);

  // Starts everything and waits until it is ready. The error is a sentence; what was started by
  // then ends with this object.
  std::optional<std::string> start();

  // The same for one service that was stopped.
  std::optional<std::string> start_service(role which);
  std::optional<std::string> launch(role which);  // does not wait
  void stop_service(role which);                  // and waits
  void ask_to_stop(role which) { services_[which]->stop(); }
  void stop_all();  // and waits
  bool running(role which) const { return services_[which]->running(); }
  bool stopping(role which) const { return services_[which]->stopping(); }

  // How a service misbehaves from now on; "{}" ends it.
  void set_faults(role which, const std::string& json, std::function<void(bool)> done);
  bool set_faults(role which, const std::string& json);  // waits; false when it was not taken
  // Requests a service has seen since it was started; none when it cannot be asked.
  std::optional<std::uint64_t> requests_seen(role which);

  std::uint16_t port(role which) const noexcept;
  std::uint16_t gateway_port() const noexcept { return gateway_port_; }
  std::uint16_t admin_port() const noexcept { return admin_port_; }
  stage::visitor& visitor() noexcept { return visitor_; }
  const stage::gateway_log& log() const noexcept { return log_; }
  io::loop& loop() noexcept { return loop_; }
  pid_t gateway_pid() const noexcept { return gateway_->pid(); }

 private:
  std::optional<std::string> prepare();
  std::optional<std::string> write_configuration(const std::string& from);
  std::optional<std::string> ports_taken() const;
  std::optional<std::string> wait_ready(const stage::child& of, std::uint16_t port,
                                        const std::string& path);
  std::unique_ptr<stage::child> make_child(const std::string& name,
                                           std::vector<std::string> command);

  io::loop& loop_;
  const cast_options options_;
  const listener told_;
  const std::uint16_t first_port_;
  const std::uint16_t gateway_port_;
  const std::uint16_t admin_port_;
  stage::temporary_directory directory_;
  stage::visitor visitor_;
  stage::gateway_log log_;
  std::array<std::unique_ptr<stage::child>, 4> services_;
  std::unique_ptr<stage::child> gateway_;
};

}  // namespace weir::systems::shop
