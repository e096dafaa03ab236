#include "weir/gateway/run/sharing_over_reloads.hpp"

namespace weir::gateway {

std::string identity(const shared_circuits::settings& s) {
  return redis::describe(s.server) + ' ' + s.server.username + ' ' + s.server.password + ' ' +
         s.prefix;
}

}  // namespace weir::gateway
