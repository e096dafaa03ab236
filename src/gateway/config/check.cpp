#include "weir/gateway/config/load.hpp"
namespace weir::gateway::config {
void check(const document&, problems&) {}
}  // namespace weir::gateway::config
