#pragma once

#include "systems/stage/performance.hpp"

namespace weir::systems::offers {

// Runs the offers for someone to watch. Gives the exit code: 0 when all went as told.
int show(const stage::show_options& how);

}  // namespace weir::systems::offers
