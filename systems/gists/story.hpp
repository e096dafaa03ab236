#pragma once

#include "systems/stage/chronicle.hpp"
#include "systems/stage/company.hpp"

namespace weir::systems::gists {

struct story_times {
  duration within;         // the context's window
  duration broken;         // how long its breaker stays broken
  duration recovery;       // and recovers
  duration cutout_broken;  // the decorators'
  duration lead;           // how long all is well at first
};

// Plays an outage of the API under a steady stream of calls, writing down every row of the table as
// it is found out, and then draws what was seen into the file `picture`, if that is named. Once
// `interrupted` says true the rest is not waited for.
void play_outage(stage::company& with, stage::chronicle& into, story_times times,
                 const std::string& picture, const std::function<bool()>& interrupted);

}  // namespace weir::systems::gists
