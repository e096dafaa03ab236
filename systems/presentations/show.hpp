#pragma once

#include "systems/stage/performance.hpp"

namespace weir::systems::presentations {

// Runs the presentations for someone to watch. Gives the exit code: 0 when all went as told.
int show(const stage::show_options& how);

}  // namespace weir::systems::presentations
