#pragma once

#include "systems/offers/story.hpp"

namespace weir::systems::offers {

// Plays two gateways ("gateway" and "second gateway") that share one circuit through "redis": what
// fails for either counts for both, one call in all is the probe, and without Redis each goes on
// alone. Writes down as play_outage() does.
void play_shared(stage::company& with, stage::chronicle& into, story_times times,
                 const std::function<bool()>& interrupted);

}  // namespace weir::systems::offers
