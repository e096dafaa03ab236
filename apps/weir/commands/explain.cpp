#include "commands/explain.hpp"

#include <unistd.h>

#include <iostream>

#include "commands/terminal.hpp"
#include "exit_codes.hpp"
#include "weir/base/log.hpp"
#include "weir/gateway/config/load.hpp"
#include "weir/gateway/config/suggest.hpp"
#include "weir/gateway/plan/compile.hpp"
#include "weir/gateway/plan/explain.hpp"

namespace weir::app {
namespace {

int unknown_route(const std::string& written, const gateway::plan& plan) {
  std::vector<std::string> names;
  names.reserve(plan.routes.size());
  for (const auto& r : plan.routes) names.push_back(r.name);
  std::cerr << "weir: there is no route `" << written << "`";
  const std::string near = gateway::config::nearest(written, names);
  if (!near.empty()) std::cerr << "; did you mean `" << near << "`?";
  std::cerr << "\nThe routes are:\n";
  for (const std::string& name : names) std::cerr << "  " << name << '\n';
  return exit_usage;
}

}  // namespace

int explain(const explain_command& options) {
  namespace config = gateway::config;
  auto loaded = config::load_file(options.file);
  if (!loaded) {
    std::cerr << "weir: " << loaded.error() << '\n';
    return exit_failure;
  }
  // What is made here serves nobody: its log would stand between the lines that were asked for.
  log::set_level(log::level::off);
  upstream::service_registry services;
  std::shared_ptr<gateway::plan> plan;
  if (loaded->ok()) plan = gateway::compile(loaded->what, services, loaded->found);
  if (!plan) {
    std::cerr << config::print(loaded->found, *loaded->what.from,
                               {.color = may_color(STDERR_FILENO)});
    return exit_configuration;
  }
  const gateway::explain_style style{.color = may_color(STDOUT_FILENO)};
  if (options.route.empty()) {
    std::vector<gateway::explanation> all;
    for (const auto& r : plan->routes) all.push_back(gateway::explain(loaded->what, r));
    std::cout << (options.json ? routes_to_json(all) : routes_to_text(all, style));
  } else {
    const gateway::route_plan* route = gateway::find_route(*plan, options.route);
    if (route == nullptr) return unknown_route(options.route, *plan);
    const gateway::explanation e = gateway::explain(loaded->what, *route);
    std::cout << (options.json ? to_json(e) : to_text(e, style));
  }
  return std::cout.flush() ? exit_ok : exit_failure;
}

}  // namespace weir::app
