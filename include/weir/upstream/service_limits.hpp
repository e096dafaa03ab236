#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"
#include "weir/resilience/bulkhead/bulkhead.hpp"
#include "weir/resilience/hedge/hedge.hpp"
#include "weir/resilience/throttler/throttler.hpp"

namespace weir::upstream {

struct limit_settings {
  std::optional<bulkhead_options> bulkhead = {};
  std::optional<adaptive_limit_options> adaptive = {};
  std::optional<throttler_options> throttle = {};
};

// What bounds the calls to one service, for the process, and what its hedges remember of latency.
// Made at load; a reload hands on what its options did not change, so that a limit stays full and a
// percentile stays known. The policies are thread-safe, this holder belongs to load and reload.
class service_limits {
 public:
  // `before`: of the service of the same name, or null.
  service_limits(const limit_settings& settings, std::shared_ptr<const service_limits> before);

  const std::optional<weir::bulkhead>& bulkhead() const noexcept { return bulkhead_; }
  const std::optional<adaptive_limit>& adaptive() const noexcept { return adaptive_; }
  const std::optional<throttler>& throttle() const noexcept { return throttle_; }

  // The hedge of the calls of that name ("GET /products/all stock"): each knows its own latency.
  hedge hedge_of(const std::string& whom, const hedge_options& options);
  const std::map<std::string, hedge>& hedges() const noexcept { return hedges_; }

  // This one is in use now: limits that go on take their new options, and `before` may go.
  void commit();

 private:
  limit_settings settings_;
  std::shared_ptr<const service_limits> before_;
  std::optional<weir::bulkhead> bulkhead_;
  std::optional<adaptive_limit> adaptive_;
  std::optional<throttler> throttle_;
  std::map<std::string, hedge> hedges_;
};

}  // namespace weir::upstream
