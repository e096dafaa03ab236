#pragma once

#include <string>

#include "systems/shop/cast.hpp"

namespace weir::systems::shop {

struct show_options {
  cast_options with;
  std::string scenario;  // "outage" to play it; empty: until a key or a signal says quit
};

// Runs the shop for someone to watch. Gives the exit code: 0 when all went as told.
int show(const show_options& how);

}  // namespace weir::systems::shop
