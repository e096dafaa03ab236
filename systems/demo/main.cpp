// weir-demo: runs a whole system for someone to watch.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "systems/shop/show.hpp"

int main(int argc, char** argv) {
  constexpr int usage = 2;
  using namespace weir::systems;

  CLI::App app(
      "Examples:\n"
      "  weir demo                           the shop, with keys to stop and slow its services\n"
      "  weir demo --scenario outage         its outage story, played and judged\n"
      "  weir demo shop --port-base 20000    on ports 20000 to 20005\n\n"
      "Runs a whole system (by itself, the shop) on loopback, on files made on the spot.");
  app.name("weir demo");
  app.require_subcommand(1);
  CLI::App* sub = app.add_subcommand("shop", "one product page out of four services");
  shop::show_options how;
  sub->add_option("--scenario", how.scenario, "play a story without a terminal: outage")
      ->check(CLI::IsMember({"outage"}));
  sub->add_option("--port-base", how.with.port_base,
                  "six ports in a row from here, in place of 8000-8003, 9000 and 9901")
      ->check(CLI::Range(1, 65530));
  sub->add_option("--logs", how.with.keep_logs, "keep the processes' logs in this directory")
      ->check(CLI::ExistingDirectory);
  bool no_breaker = false, no_defaults = false;
  sub->add_flag("--no-breaker", no_breaker, "leave the breaker out, to see what it is for");
  sub->add_flag("--no-defaults", no_defaults, "leave the steps' defaults out, likewise");
  std::vector<std::string> words(argv + 1, argv + argc);
  // Options without a system are the shop's.
  if (words.empty() ||
      (words.front().starts_with('-') && words.front() != "--help" && words.front() != "-h")) {
    words.insert(words.begin(), "shop");
  }
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage;
  }
  how.with.breaker = !no_breaker;
  how.with.defaults = !no_defaults;
  how.with.log_attempts = !how.scenario.empty();
  how.with.inventory_delay = how.scenario.empty() ? "0s..300ms" : "0s..50ms";
  try {
    return shop::show(how);
  } catch (const std::exception& e) {
    std::cerr << "weir-demo: " << e.what() << std::endl;
    return 1;
  }
}
