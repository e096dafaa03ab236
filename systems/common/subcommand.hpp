#pragma once

#include <string>

namespace CLI {
class App;
}

namespace weir::systems {

// What to say where the first word of a command line is no subcommand of `app`; empty where it is
// one, or an option. (CLI11 itself says that one is required, not which there are.)
std::string wrong_subcommand(const CLI::App& app, const std::string& word);

}  // namespace weir::systems
