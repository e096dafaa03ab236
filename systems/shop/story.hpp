#pragma once

#include "systems/shop/cast.hpp"
#include "systems/stage/chronicle.hpp"

namespace weir::systems::shop {

// Plays the outage from a shop that is well to a shop that is well again, writing down every row
// of the table as it is found out. Takes about fifteen seconds, most of it waiting for two
// circuits' open times; once `interrupted` says true the rest is not waited for.
void play_outage(cast& with, stage::chronicle& into, std::function<bool()> interrupted);

}  // namespace weir::systems::shop
