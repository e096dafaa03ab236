#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/gateway/run/gateway.hpp"
#include "weir/http/server.hpp"

namespace weir::gateway {

// What happened to the configuration since the start.
struct reload_status {
  bool last_succeeded = true;
  std::int64_t last_success = 0;  // Unix seconds
  std::uint64_t failures = 0;

  // Every worker has it. `failures_before`: of when it was asked for; where there are more by now,
  // a later one was refused while the workers were taking this one.
  void taken(std::uint64_t failures_before, std::int64_t unix_seconds) noexcept {
    if (failures == failures_before) last_succeeded = true;
    last_success = unix_seconds;
  }
  void refused() noexcept {
    last_succeeded = false;
    ++failures;
  }
};

// The listener for operators: /livez, /readyz, /metrics, /circuits, /services, and POST
// /circuits/NAME/{force-open,force-close,reset}. Runs on the main loop, apart from the workers, so
// that it answers when they are busy.
class admin final : public http::server_handler {
 public:
  admin(io::loop& main, gateway& of, const reload_status& reloads);
  ~admin();

  void listen(std::unique_ptr<io::listener> at);
  void on_request(http::server_exchange& exchange) override;

 private:
  void get(http::server_exchange& exchange, std::string_view path);
  void post(http::server_exchange& exchange, std::string_view path);
  void ready(http::server_exchange& exchange);
  void metrics(http::server_exchange& exchange);

  struct waiting;  // a scrape that waits for the workers' statistics

  io::loop& loop_;
  gateway& gateway_;
  const reload_status& reloads_;
  std::unique_ptr<http::server> server_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The Prometheus text.
std::string metrics_text(const worker_stats& stats, const plan& p, const reload_status& reloads,
                         time_point now);

// A service's circuit, or one of its instances'.
struct named_circuit {
  circuit_breaker circuit;
  const upstream::service* of;
};
std::vector<named_circuit> circuits_of(const plan& p);

// {"circuits":[…]}
std::string circuits_json(const plan& p, time_point now);

// {"services":[…]}: each with its instances, how they are, and how old what is known of them is.
std::string services_json(const plan& p, time_point now);

}  // namespace weir::gateway
