#include "systems/common/subcommand.hpp"

#include <CLI/CLI.hpp>

namespace weir::systems {

std::string wrong_subcommand(const CLI::App& app, const std::string& word) {
  if (word.starts_with('-')) return {};
  std::string names;
  for (const CLI::App* one : app.get_subcommands({})) {
    if (one->get_name() == word) return {};
    if (!names.empty()) names += ", ";
    names += one->get_name();
  }
  return (word.empty() ? "say which" : "there is no '" + word + "' here") + ": " + names +
         " (--help tells more)";
}

}  // namespace weir::systems
