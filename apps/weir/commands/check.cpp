#include "commands/check.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "commands/live_check.hpp"
#include "commands/terminal.hpp"
#include "exit_codes.hpp"
#include "weir/base/log.hpp"
#include "weir/gateway/config/load.hpp"
#include "weir/gateway/config/schema.hpp"
#include "weir/gateway/plan/compile.hpp"
#include "weir/json/writer.hpp"

namespace weir::app {
namespace {

namespace config = gateway::config;

std::string to_json(const config::loaded& loaded, const std::vector<live_finding>& live) {
  std::string out;
  json::writer w(out);
  w.begin_object();
  w.key("file").string(loaded.what.from->name());
  w.key("errors").unsigned_integer(loaded.found.errors());
  w.key("warnings").unsigned_integer(loaded.found.warnings());
  w.key("problems").raw(config::to_json(loaded.found, *loaded.what.from));
  w.key("live").begin_array();
  for (const live_finding& f : live) {
    w.begin_object().key("what").string(f.what).key("ok").boolean(f.good);
    w.key("detail").string(f.detail).end_object();
  }
  w.end_array().end_object();
  return out + "\n";
}

std::string counted(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

void print_text(const config::loaded& loaded, const std::vector<live_finding>& live) {
  std::cerr << config::print(loaded.found, *loaded.what.from, {.color = may_color(STDERR_FILENO)});
  for (const live_finding& f : live) {
    std::cout << (f.good ? "[+] " : "[-] ") << f.what << ": " << f.detail << '\n';
  }
  const std::size_t errors = loaded.found.errors();
  const std::size_t warnings = loaded.found.warnings();
  if (errors > 0) {
    std::cerr << counted(errors, "error");
    if (warnings > 0) std::cerr << ", " << counted(warnings, "warning");
    std::cerr << " in " << loaded.what.from->name() << '\n';
    return;
  }
  std::cout << loaded.what.from->name() << ": fine";
  if (warnings > 0) std::cout << ", with " << counted(warnings, "warning");
  std::cout << '\n';
}

}  // namespace

int check(const check_options& options) {
  if (options.schema || options.reference) {
    std::cout << (options.schema ? config::json_schema() : config::reference());
    return std::cout.flush() ? exit_ok : exit_failure;
  }
  auto loaded = config::load_file(options.file);
  if (!loaded) {
    std::cerr << "weir: " << loaded.error() << '\n';
    return exit_failure;
  }
  // What is made here serves nobody: its log would stand between the lines that were asked for.
  log::set_level(log::level::off);
  std::vector<live_finding> live;
  upstream::service_registry services;
  std::shared_ptr<gateway::plan> plan;
  if (loaded->ok()) plan = gateway::compile(loaded->what, services, loaded->found);
  if (plan && options.live) live = check_live(*plan);
  loaded->found.sort();
  if (options.json) {
    std::cout << to_json(*loaded, live);
  } else {
    print_text(*loaded, live);
  }
  if (!std::cout.flush()) return exit_failure;
  if (!plan) return exit_configuration;
  const bool all_there =
      std::all_of(live.begin(), live.end(), [](const auto& f) { return f.good; });
  return all_there ? exit_ok : exit_failure;
}

}  // namespace weir::app
