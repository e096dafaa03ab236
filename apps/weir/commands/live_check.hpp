#pragma once

#include <string>
#include <vector>

#include "weir/gateway/plan/plan.hpp"

namespace weir::app {

// One thing of the world outside that a configuration counts on, and whether it is there.
struct live_finding {
  std::string what;  // "listen 127.0.0.1:9000", "service products"
  bool good = false;
  std::string detail;
};

// Whether the addresses to listen on are free, names resolve, and every service takes a connection
// (and shakes hands, for https); for those that are looked up, what discovery names. All services
// are asked at the same time, each within its own connect timeout. Sends no request.
std::vector<live_finding> check_live(const gateway::plan& plan);

}  // namespace weir::app
