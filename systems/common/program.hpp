#pragma once

#include <functional>
#include <string>
#include <vector>

#include "systems/common/service.hpp"
#include "systems/common/storage.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace weir::systems {

// One service of a program.
struct service_kind {
  std::string name;
  std::string what;          // one line of its help
  std::string listen;        // unless told otherwise
  std::string delay = "0s";  // how long an answer takes unless told otherwise: "1s", "0s..5s"
  std::vector<migration> (*schema)() = nullptr;  // null: keeps nothing
  std::function<void(service&, storage*)> serve;
  std::function<void(CLI::App&)> options = {};  // more of them
};

// A command whose subcommands are services, or that is one service if there is only one: options,
// the port, the database, signals, a graceful end. Gives the exit code.
struct service_program {
  std::string name;
  std::string help;
  std::vector<service_kind> kinds;

  int run(int argc, char** argv) const;
};

// An option that takes a duration, such as 250ms.
CLI::Option* add_duration(CLI::App& app, const std::string& name, duration& into,
                          const std::string& what);

}  // namespace weir::systems
