#pragma once

#include "systems/stage/chronicle.hpp"
#include "systems/stage/company.hpp"

namespace weir::systems::offers {

struct story_times {
  duration partner;  // what a hot offer takes
  duration timeout;  // what it may take
  duration open;     // how long the partner is left alone
};

// Plays the document's story, writing down every row of the table as it is found out. Once
// `interrupted` says true the rest is not waited for.
void play_outage(stage::company& with, stage::chronicle& into, story_times times,
                 const std::function<bool()>& interrupted);

}  // namespace weir::systems::offers
