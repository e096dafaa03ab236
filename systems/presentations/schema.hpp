#pragma once

#include <vector>

#include "systems/common/storage.hpp"

namespace weir::systems::presentations {

std::vector<migration> authors_schema();
std::vector<migration> presentations_schema();

}  // namespace weir::systems::presentations
