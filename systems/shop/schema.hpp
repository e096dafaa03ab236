#pragma once

#include <vector>

#include "systems/common/storage.hpp"

namespace weir::systems::shop {

// What each service keeps, with the rows a new database begins with.
std::vector<migration> products_schema();
std::vector<migration> favorites_schema();
std::vector<migration> cart_schema();

}  // namespace weir::systems::shop
