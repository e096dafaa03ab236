#include "systems/common/registration.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "systems/common/address.hpp"
#include "systems/common/program.hpp"
#include "weir/upstream/consul_url.hpp"

namespace weir::systems {
namespace {

// A gateway that follows Consul has heard of a change by then, its debouncing included.
constexpr duration for_watchers_to_hear = std::chrono::milliseconds(500);

bool is_anywhere(const io::address& a) {
  return a.ip() == "0.0.0.0" || a.ip() == "::";
}

}  // namespace

void registration_options::add_to(CLI::App& app) {
  app.add_option("--register", consul,
                 "tell this Consul of the service: http://127.0.0.1:8500 (a token comes from "
                 "$CONSUL_HTTP_TOKEN)");
  app.add_option("--register-as", name, "what it is called there (default: its own name)");
  app.add_option("--register-id", id, "which of several it is (default: name, address and port)");
  app.add_option("--register-tag", tags, "a tag that it bears; may be repeated");
  app.add_option("--advertise", advertise, "where it is reached (default: where it listens)");
  app.add_option("--check", check, "a path that Consul asks for, or ttl (default " + check + ")");
  add_duration(app, "--check-every", check_every, "Consul's interval, or the time of the TTL");
}

result<std::unique_ptr<upstream::registrar>, std::string> registration_options::start(
    io::loop& on, const std::string& service, const io::address& listening) const {
  if (consul.empty()) return std::unique_ptr<upstream::registrar>();
  auto at = upstream::parse_consul_url(consul);
  if (!at) return failure("--register " + at.error());
  if (const char* token = std::getenv("CONSUL_HTTP_TOKEN")) at->token = token;
  io::address reached = listening;
  if (!advertise.empty()) {
    const auto given = parse_address(advertise);
    if (!given) return failure("--advertise: " + given.error());
    reached = *given;
  } else if (is_anywhere(listening)) {
    return failure("--advertise must say where " + listening.to_string() + " is reached");
  }
  if (check != "ttl" && !check.starts_with('/')) {
    return failure("--check " + check + ": a path such as /livez, or ttl");
  }
  return std::make_unique<upstream::registrar>(
      on, *at,
      upstream::registration{.name = name.empty() ? service : name,
                             .id = id,
                             .address = reached.ip(),
                             .port = reached.port(),
                             .tags = tags,
                             .check_path = check == "ttl" ? std::string() : check,
                             .check_every = check_every,
                             .notice = for_watchers_to_hear});
}

}  // namespace weir::systems
