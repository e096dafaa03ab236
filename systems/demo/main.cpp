// weir-demo: runs a whole system for someone to watch.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "systems/common/subcommand.hpp"
#include "systems/gists/show.hpp"
#include "systems/offers/show.hpp"
#include "systems/presentations/show.hpp"
#include "systems/shop/show.hpp"

namespace {

using namespace weir;
using namespace weir::systems;

int show_shop(const stage::show_options& how) {
  shop::show_options made;
  made.scenario = how.scenario;
  made.with.port_base = how.port_base;
  made.with.keep_logs = how.keep_logs;
  made.with.breaker = how.breaker;
  made.with.defaults = how.defaults;
  made.with.log_attempts = !how.scenario.empty();
  made.with.inventory_delay = how.scenario.empty() ? "0s..300ms" : "0s..50ms";
  return shop::show(made);
}

struct system_shown {
  const char* name;
  const char* what;
  const char* ports;
  int (*show)(const stage::show_options& how);
  bool has_quick = true;  // the story can be played with shorter times
  bool has_defaults = true;
  bool has_picture = false;
  const char* another_scenario = nullptr;  // besides "outage"
};

const system_shown all_systems[] = {
    {.name = "shop",
     .what = "one product page out of four services",
     .ports = "six ports in a row from here, in place of 8000-8003, 9000 and 9901",
     .show = show_shop,
     .has_quick = false},
    {.name = "presentations",
     .what = "a presentation and its author, who may be away",
     .ports = "four ports in a row from here, in place of 8081-8083 and 9901",
     .show = presentations::show},
    {.name = "offers",
     .what = "a partner's hot offers, or cold ones of our own",
     .ports =
         "three ports in a row from here, in place of 8000, 8001 and 9901; for `shared` six, 8002, "
         "9902 and 6379 too",
     .show = offers::show,
     .another_scenario = "shared"},
    {.name = "gists",
     .what = "an outside API's list, passed on through breakers of the library",
     .ports = "two ports in a row from here, in place of 8080 and 8070",
     .show = gists::show,
     .has_defaults = false,
     .has_picture = true},
};

}  // namespace

int main(int argc, char** argv) {
  constexpr int usage = 2;

  CLI::App app(
      "Examples:\n"
      "  weir demo                           the shop, with keys to stop and slow its services\n"
      "  weir demo --scenario outage         its outage story, played and judged\n"
      "  weir demo shop --port-base 20000    on ports 20000 to 20005\n"
      "  weir demo presentations --scenario outage --quick\n"
      "  weir demo shop --help               the options of one\n\n"
      "Runs a whole system (by itself, the shop) on loopback, on files made on the spot.");
  app.name("weir demo");
  app.require_subcommand(1);
  stage::show_options how;
  bool no_breaker = false, no_defaults = false;
  for (const system_shown& s : all_systems) {
    CLI::App* sub = app.add_subcommand(s.name, s.what);
    std::set<std::string> stories{"outage"};
    if (s.another_scenario != nullptr) stories.insert(s.another_scenario);
    sub->add_option("--scenario", how.scenario, "play a story without a terminal")
        ->check(CLI::IsMember(stories));
    sub->add_option("--port-base", how.port_base, s.ports)->check(CLI::Range(1, 65530));
    sub->add_option("--logs", how.keep_logs, "keep the processes' logs in this directory")
        ->check(CLI::ExistingDirectory);
    sub->add_flag("--no-breaker", no_breaker, "leave the breaker out, to see what it is for");
    if (s.has_defaults) {
      sub->add_flag("--no-defaults", no_defaults, "leave out what stands in, likewise");
    }
    if (s.has_quick) sub->add_flag("--quick", how.quick, "with shorter times than in earnest");
    if (s.has_picture) {
      sub->add_option("--picture", how.picture, "draw the story into this file")
          ->needs("--scenario");
    }
  }
  std::vector<std::string> words(argv + 1, argv + argc);
  // Options without a system are the shop's.
  if (words.empty() ||
      (words.front().starts_with('-') && words.front() != "--help" && words.front() != "-h")) {
    words.insert(words.begin(), "shop");
  }
  if (const std::string wrong = wrong_subcommand(app, words.front()); !wrong.empty()) {
    std::cerr << "weir demo: " << wrong << '\n';
    return usage;
  }
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage;
  }
  how.breaker = !no_breaker;
  how.defaults = !no_defaults;
  try {
    for (const system_shown& s : all_systems) {
      if (app.got_subcommand(s.name)) return s.show(how);
    }
  } catch (const std::exception& e) {
    std::cerr << "weir-demo: " << e.what() << '\n';
  }
  return 1;
}
