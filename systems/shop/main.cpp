// weir-shop: the four services of the shop, one for each subcommand.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "systems/common/address.hpp"
#include "systems/common/signal_events.hpp"
#include "systems/shop/schema.hpp"
#include "systems/shop/services.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/base/log.hpp"

namespace {

using namespace weir;
using namespace weir::systems;

constexpr int usage = 2;

struct settings {
  std::string listen;
  std::string dsn;
  std::string delay = "0s";
  std::string wait = "10s";
  bool faults = false;
  bool access_log = false;
};

struct kind {
  std::string name;
  std::string what;
  std::string listen;
  std::vector<migration> (*schema)();  // null: keeps nothing
  void (*serve)(service&, storage*);
};

const kind kinds[] = {
    {"products", "what there is to buy", "127.0.0.1:8000", shop::products_schema,
     [](service& s, storage* db) { shop::serve_products(s, *db); }},
    {"inventory", "how many of a product are left; slow, as its document wants it",
     "127.0.0.1:8001", nullptr, [](service& s, storage*) { shop::serve_inventory(s); }},
    {"favorites", "which products a user likes", "127.0.0.1:8002", shop::favorites_schema,
     [](service& s, storage* db) { shop::serve_favorites(s, *db); }},
    {"cart", "which products lie in a user's cart", "127.0.0.1:8003", shop::cart_schema,
     [](service& s, storage* db) { shop::serve_cart(s, *db); }},
};

int fail(const kind& of, int code, const std::string& message) {
  std::cerr << "weir-shop " << of.name << ": " << message << "\n";
  return code;
}

int run(const kind& of, const settings& with) {
  const auto at = parse_address(with.listen);
  if (!at) return fail(of, usage, at.error());
  service_options options;
  options.name = of.name;
  options.fault_switch = with.faults;
  options.access_log = with.access_log;
  if (auto delay = parse_delay(with.delay, options.usual); !delay) {
    return fail(of, usage, "--delay " + with.delay + ": " + delay.error());
  }
  storage_options database;
  database.dsn = with.dsn;
  database.application = "weir-shop " + of.name;
  const auto wait = parse_duration(with.wait);
  if (!wait) return fail(of, usage, "--wait-database " + with.wait + ": " + wait.error());
  database.wait = *wait;

  // The port before the database: a second start by mistake should touch nothing.
  auto listener = io::listener::open(*at, {});
  if (!listener) return fail(of, 1, listener.error());

  ::signal(SIGPIPE, SIG_IGN);  // a log whose reader has gone
  io::loop loop;
  service* running = nullptr;
  signal_events signals(loop, {SIGTERM, SIGINT}, [&, seen = 0](int) mutable {
    if (++seen > 1) return loop.stop();
    running->drain([&loop] { loop.stop(); });
  });
  std::unique_ptr<storage> kept;
  if (of.schema != nullptr) {
    database.migrations = of.schema();
    auto opened = open_storage(loop, database);
    if (!opened) return fail(of, opened.error().exit_code, opened.error().message);
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Examples:\n"
      "  weir-shop products --dsn sqlite:products.db\n"
      "  weir-shop cart --dsn postgresql://shop@127.0.0.1/cart\n"
      "  weir-shop inventory --delay 0s..5s --faults\n\n"
      "The four services that the shop's page is made of.");
  app.require_subcommand(1);
  settings with;
  for (const kind& k : kinds) {
    CLI::App* sub = app.add_subcommand(k.name, k.what);
    sub->callback([&with, &k] {
      if (with.listen.empty()) with.listen = k.listen;
      if (with.dsn.empty()) with.dsn = "sqlite:" + k.name + ".db";
    });
    sub->add_option("--listen", with.listen, "address and port (default " + k.listen + ")");
    if (k.schema != nullptr) {
      sub->add_option("--dsn", with.dsn,
                      "sqlite:PATH or postgresql://… (default sqlite:" + k.name + ".db)");
      sub->add_option("--wait-database", with.wait,
                      "how long to wait for it at start (default 10s)");
      sub->add_option("--delay", with.delay, "answer after so long: 50ms, or 0s..5s");
    } else {
      sub->add_option("--delay", with.delay, "answer after so long: 50ms, or 0s..5s (default)");
      sub->preparse_callback([&with](std::size_t) { with.delay = "0s..5s"; });
    }
    sub->add_flag("--faults", with.faults, "for demonstrations: misbehave as POST /_fault says");
    sub->add_flag("--access-log", with.access_log, "a line on stderr for each answer");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage;
  }
  try {
    for (const kind& k : kinds) {
      if (app.got_subcommand(k.name)) return run(k, with);
    }
  } catch (const std::exception& e) {
    std::cerr << "weir-shop: " << e.what() << "\n";
  }
  return 1;
}
