#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/http/client.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"
#include "weir/resilience/retry/retry_budget.hpp"
#include "weir/sharing/shared_circuits.hpp"
#include "weir/upstream/answer_cache.hpp"
#include "weir/upstream/discovery_settings.hpp"
#include "weir/upstream/failure_set.hpp"
#include "weir/upstream/name_troubles.hpp"
#include "weir/upstream/roster.hpp"
#include "weir/upstream/service_limits.hpp"

namespace weir::upstream {

struct service_settings {
  std::string name;
  std::string host;  // a name or a numeric address, without brackets; of the only place
  std::uint16_t port = 80;
  bool tls = false;
  std::string ca_file;         // empty: the system's roots
  std::size_t ca_content = 0;  // a hash of it: a file of the same name may hold others
  bool verify = true;
  std::string server_name;   // SNI, and whom a certificate must name; empty: the host
  std::string authority;     // what Host says: "127.0.0.1:8000"
  std::string base_path;     // encoded; "" or "/api", never ends in '/'
  std::string header_lines;  // configured headers, complete lines; they replace a client's
  std::vector<std::string> header_names;  // their names, lower case
  duration connect_timeout = std::chrono::seconds(1);
  std::uint64_t response_bytes = 8 * 1024 * 1024;  // a composed call's body; above: a failure
  http::client_limits pool;
  failure_set failures;
  std::optional<circuit_options> breaker;  // none: no breaker
  std::optional<circuit_sharing> sharing;  // of its circuit with other processes
  std::string trip_text;                   // its rule in words: "5 failures within 10 s"
  retry_budget_options budget;
  limit_settings limits;
  std::size_t cache_bytes = 0;  // what its answers that are kept may take; 0: none is

  // Where there are several instances, or they come and go.
  std::optional<discovery_settings> discovery;  // none: the one place above
  roster_options instances;
  std::optional<check_settings> checks;
  hash_by key = hash_by::target;
  std::string key_header;  // of hash_by::header, lower case
};

// One service as all workers see it: what it is called, its circuit, its retry budget. Outlives a
// reload of the configuration: a service of the same name keeps its circuit's state. Thread-safe
// where it is not immutable.
class service {
 public:
  service(service_settings settings, std::uint32_t index, std::optional<circuit_breaker> circuit,
          retry_budget budget, std::shared_ptr<service_limits> limits,
          std::shared_ptr<roster> instances, std::shared_ptr<answer_cache> answers = nullptr)
      : settings_(std::move(settings)),
        index_(index),
        circuit_(std::move(circuit)),
        budget_(std::move(budget)),
        limits_(std::move(limits)),
        instances_(std::move(instances)),
        answers_(std::move(answers)) {}

  const service_settings& settings() const noexcept { return settings_; }
  const std::string& name() const noexcept { return settings_.name; }
  // A number for this name that stays the same for the life of the process: where workers keep
  // their own part (pools, counters).
  std::uint32_t index() const noexcept { return index_; }
  const std::optional<circuit_breaker>& circuit() const noexcept { return circuit_; }
  const retry_budget& budget() const noexcept { return budget_; }
  service_limits& limits() const noexcept { return *limits_; }
  const std::shared_ptr<service_limits>& shared_limits() const noexcept { return limits_; }
  // Null where the service is one place for good.
  const std::shared_ptr<roster>& instances() const noexcept { return instances_; }
  // Null where none is kept.
  const std::shared_ptr<answer_cache>& answers() const noexcept { return answers_; }
  const std::shared_ptr<name_troubles>& troubles() const noexcept { return troubles_; }

 private:
  service_settings settings_;
  std::uint32_t index_;
  std::optional<circuit_breaker> circuit_;
  retry_budget budget_;
  std::shared_ptr<service_limits> limits_;  // never null
  std::shared_ptr<roster> instances_;
  std::shared_ptr<answer_cache> answers_;
  std::shared_ptr<name_troubles> troubles_ = std::make_shared<name_troubles>();
};

// What survives from one configuration to the next, by name: circuits, budgets, answers, indexes.
// Used at load and reload only. Thread-safe.
class service_registry {
 public:
  // `made` is told of every circuit when it comes into use (in commit), once: to listen to it.
  using circuit_made = std::function<void(const circuit_breaker&, const service_settings&)>;
  explicit service_registry(circuit_made made = {}) : made_(std::move(made)) {}

  // The service for these settings; its circuit and budget are those of the same name before, with
  // the new options. Call commit() with the services of the configuration that was accepted, so
  // that a refused configuration leaves no trace.
  std::shared_ptr<service> prepare(const service_settings& settings, time_point now = weir::now());
  void commit(const std::vector<std::shared_ptr<service>>& now_in_use,
              time_point now = weir::now());
  std::size_t indexes() const;  // one above the highest index ever given

 private:
  struct kept {
    std::optional<circuit_breaker> circuit;
    std::optional<retry_budget> budget;
    std::shared_ptr<service_limits> limits;
    std::shared_ptr<roster> instances;
    std::shared_ptr<answer_cache> answers;
    std::string place;  // whose answers they are
  };
  circuit_made made_;
  mutable std::mutex mutex_;
  std::map<std::string, kept, std::less<>> kept_;
  std::map<std::string, std::uint32_t, std::less<>> indexes_;  // of every name there ever was
  std::uint32_t next_index_ = 0;
};

}  // namespace weir::upstream
