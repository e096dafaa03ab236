#pragma once

#include "systems/stage/performance.hpp"

namespace weir::systems::gists {

// Runs the gists for someone to watch. Gives the exit code: 0 when all went as told.
int show(const stage::show_options& how);

}  // namespace weir::systems::gists
