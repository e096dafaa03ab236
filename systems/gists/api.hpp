#pragma once

#include <string>

#include "systems/common/service.hpp"

namespace weir::systems::gists {

// The outside API's stand-in: /gists/public is the list in `file`, /gists/{id} one of it. Throws
// std::runtime_error when the file cannot be read.
void serve_api(service& to, const std::string& file);

}  // namespace weir::systems::gists
