#include "systems/common/program.hpp"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "systems/common/address.hpp"
#include "systems/common/registration.hpp"
#include "systems/common/signal_events.hpp"
#include "systems/common/subcommand.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/base/log.hpp"

namespace weir::systems {

namespace {

constexpr int usage = 2;

// For Consul to take the service out; without it, its check will.
constexpr duration longest_deregistration = std::chrono::seconds(2);

struct settings {
  std::optional<std::string> listen;
  std::optional<std::string> dsn;
  std::optional<std::string> delay;
  std::string wait = "10s";
  bool faults = false;
  bool access_log = false;
  registration_options registered;
};

int fail(const std::string& who, int code, const std::string& message) {
  std::cerr << who << ": " << message << "\n";
  return code;
}

int serve(const std::string& who, const service_kind& of, const settings& with) {
  const auto at = parse_address(with.listen.value_or(of.listen));
  if (!at) return fail(who, usage, at.error());
  service_options options;
  options.name = of.name;
  options.fault_switch = with.faults;
  options.access_log = with.access_log;
  const std::string usual = with.delay.value_or(of.delay);
  if (auto delay = parse_delay(usual, options.usual); !delay) {
    return fail(who, usage, "--delay " + usual + ": " + delay.error());
  }
  storage_options database;
  database.dsn = with.dsn.value_or("sqlite:" + of.name + ".db");
  database.application = who;
  const auto wait = parse_duration(with.wait);
  if (!wait) return fail(who, usage, "--wait-database " + with.wait + ": " + wait.error());
  database.wait = *wait;

  // The port before the database: a second start by mistake should touch nothing.
  auto listener = io::listener::open(*at, {});
  if (!listener) return fail(who, 1, listener.error());

  ::signal(SIGPIPE, SIG_IGN);  // a log whose reader has gone
  io::loop loop;
  auto told = with.registered.start(loop, of.name, (*listener)->bound());
  if (!told) return fail(who, usage, told.error());
  service* running = nullptr;
  const auto drain = [&] { running->drain([&loop] { loop.stop(); }); };
  signal_events signals(loop, {SIGTERM, SIGINT}, [&, seen = 0](int) mutable {
    if (++seen > 1) return loop.stop();
    if (!*told) return drain();
    // First nobody is sent here any more; then those who are here are served to their end.
    (*told)->leave(longest_deregistration, [&](bool) { drain(); });
  });
  std::unique_ptr<storage> kept;
  if (of.schema != nullptr) {
    database.migrations = of.schema();
    database.stop = signals.descriptor();
    auto opened = open_storage(loop, database);
    if (!opened) return fail(who, opened.error().exit_code, opened.error().message);
    kept = std::move(*opened);
  }
  service made(loop, options);
  running = &made;
  of.serve(made, kept.get());
  const std::string bound = (*listener)->bound().to_string();
  made.listen(std::move(*listener));
  log::info("serving", {{"service", of.name}, {"address", bound}});
  loop.run();
  return 0;
}

void add_options(CLI::App& to, const service_kind& of, settings& with) {
  to.add_option("--listen", with.listen, "address and port (default " + of.listen + ")");
  if (of.schema != nullptr) {
    to.add_option("--dsn", with.dsn,
                  "sqlite:PATH or postgresql://… (default sqlite:" + of.name + ".db)");
    to.add_option("--wait-database", with.wait, "how long to wait for it at start (default 10s)");
  }
  to.add_option("--delay", with.delay,
                "answer after so long: 50ms, or 0s..5s (default " + of.delay + ")");
  to.add_flag("--faults", with.faults, "for demonstrations: misbehave as POST /_fault says");
  to.add_flag("--access-log", with.access_log, "a line on stderr for each answer");
  with.registered.add_to(to);
  if (of.options) of.options(to);
}

}  // namespace

CLI::Option* add_duration(CLI::App& app, const std::string& name, duration& into,
                          const std::string& what) {
  CLI::callback_t take = [&into, name](const CLI::results_t& given) {
    const auto read = parse_duration(given.front());
    if (!read) throw CLI::ValidationError(name, read.error());
    into = *read;
    return true;
  };
  return app.add_option(name, std::move(take), what + " (default " + format_duration(into) + ")")
      ->type_name("TEXT");
}

int service_program::run(int argc, char** argv) const {
  CLI::App app(help);
  settings with;
  const bool alone = kinds.size() == 1;
  if (alone) {
    add_options(app, kinds.front(), with);
  } else {
    app.require_subcommand(1);
    for (const service_kind& k : kinds) add_options(*app.add_subcommand(k.name, k.what), k, with);
  }
  if (!alone) {
    const std::string wrong = wrong_subcommand(app, argc > 1 ? argv[1] : "");
    if (!wrong.empty()) return fail(name, usage, wrong);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage;
  }
  try {
    for (const service_kind& k : kinds) {
      if (!alone && !app.got_subcommand(k.name)) continue;
      return serve(alone ? name : name + " " + k.name, k, with);
    }
  } catch (const std::exception& e) {
    std::cerr << name << ": " << e.what() << "\n";
  }
  return 1;
}

}  // namespace weir::systems
