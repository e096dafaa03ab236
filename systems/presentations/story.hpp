#pragma once

#include "systems/stage/chronicle.hpp"
#include "systems/stage/company.hpp"

namespace weir::systems::presentations {

// How the authors are taken away.
enum class manner {
  stopped,  // connections are refused
  frozen,   // connections are taken, and nobody answers
};

struct story_times {
  duration timeout;  // what a call to the authors may take
  duration open;     // how long the circuit stays open
};

// Plays the twelve steps of the task and a second outage, writing down every row of the table as it
// is found out. Once `interrupted` says true the rest is not waited for.
void play_outage(stage::company& with, stage::chronicle& into, manner how, story_times times,
                 const std::function<bool()>& interrupted);

}  // namespace weir::systems::presentations
