#include "systems/shop/cast.hpp"

#include <algorithm>
#include <fstream>

#include "weir/base/arena.hpp"
#include "weir/io/listener.hpp"
#include "weir/json/parser.hpp"

namespace weir::systems::shop {

namespace {

constexpr std::array<role, 4> all_roles{products, inventory, favorites, cart};
constexpr auto longest_start = std::chrono::seconds(20);
constexpr auto longest_stop = std::chrono::seconds(15);

std::string at_port(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

std::string replaced(std::string line, const std::string& what, const std::string& by) {
  const std::size_t at = line.find(what);
  if (at != std::string::npos) line.replace(at, line.size() - at, by);
  return line;
}

}  // namespace

cast::cast(io::loop& on, cast_options with, listener told)
    : loop_(on),
      options_(std::move(with)),
      told_(std::move(told)),
      first_port_(options_.port_base.value_or(8000)),
      gateway_port_(options_.port_base ? static_cast<std::uint16_t>(*options_.port_base + 4)
                                       : 9000),
      admin_port_(options_.port_base ? static_cast<std::uint16_t>(*options_.port_base + 5) : 9901),
      directory_("weir-shop"),
      visitor_(on),
      log_(told_.on_transition) {}

std::uint16_t cast::port(role which) const noexcept {
  return static_cast<std::uint16_t>(first_port_ + which);
}

// A listener that shares its port would let a second gateway start on top of the first unnoticed;
// so each port is tried alone before anything runs.
std::optional<std::string> cast::ports_taken() const {
  std::vector<std::pair<std::uint16_t, std::string>> wanted;
  for (role r : all_roles) wanted.emplace_back(port(r), role_names[r]);
  wanted.emplace_back(gateway_port_, "the gateway");
  wanted.emplace_back(admin_port_, "the gateway's admin listener");
  for (const auto& [number, whose] : wanted) {
    auto tried = io::listener::open(*io::address::parse("127.0.0.1", number), {});
    if (!tried) {
      return tried.error() + " (for " + whose +
             "); choose six free ports in a row with --port-base N";
    }
  }
  return {};
}

std::unique_ptr<stage::child> cast::make_child(const std::string& name,
                                               std::vector<std::string> command) {
  stage::child::options with;
  with.name = name;
  with.command = std::move(command);
  with.environment = {"SHOP_PORT=" + std::to_string(gateway_port_),
                      "SHOP_ADMIN_PORT=" + std::to_string(admin_port_),
                      "PRODUCTS_PORT=" + std::to_string(port(products)),
                      "INVENTORY_PORT=" + std::to_string(port(inventory)),
                      "FAVORITES_PORT=" + std::to_string(port(favorites)),
                      "CART_PORT=" + std::to_string(port(cart))};
  const std::string logs =
      options_.keep_logs.empty() ? directory_.path().string() : options_.keep_logs;
  with.log_file = logs + "/" + name + ".log";
  with.on_end = [this, name](int status, bool asked) {
    if (told_.on_end) told_.on_end(name, status, asked);
  };
  if (name == "gateway") with.on_line = [this](std::string_view line) { log_.take(line); };
  return std::make_unique<stage::child>(loop_, std::move(with));
}

// The configuration as it is shipped, or without the part whose use is to be shown.
std::optional<std::string> cast::write_configuration(const std::string& from) {
  std::ifstream in(from);
  std::ofstream out(directory_ / "shop.yaml");
  int changed = 0;
  for (std::string line; std::getline(in, line);) {
    std::string made = line;
    if (!options_.breaker) made = replaced(made, "breaker:", "breaker: off");
    if (!options_.defaults && made.find("default: null") != std::string::npos) made.clear();
    changed += made != line;
    out << made << '\n';
  }
  out.flush();
  if (!in.eof() || !out) return "cannot copy " + from + " to " + (directory_ / "shop.yaml");
  if (changed == 0 && !(options_.breaker && options_.defaults)) {
    return from + " has nothing of what was to be left out";
  }
  return {};
}

std::optional<std::string> cast::prepare() {
  const auto shop = stage::find_program("weir-shop");
  if (!shop) return "weir-shop is missing: build it (./run build)";
  const auto weir = stage::find_program("weir");
  if (!weir) return "weir is missing: build it (./run build)";
  const auto yaml = stage::find_data("shop/shop.yaml");
  if (!yaml) return "systems/shop/shop.yaml is missing";
  if (auto wrong = ports_taken()) return wrong;
  if (auto wrong = write_configuration(yaml->string())) return wrong;

  for (role r : all_roles) {
    std::vector<std::string> command{shop->string(), role_names[r], "--listen", at_port(port(r)),
                                     "--faults"};
    if (r == inventory) {
      command.insert(command.end(), {"--delay", options_.inventory_delay});
    } else {
      command.insert(command.end(),
                     {"--dsn", "sqlite:" + (directory_ / (std::string(role_names[r]) + ".db"))});
    }
    services_[r] = make_child(role_names[r], std::move(command));
  }
  std::vector<std::string> command{weir->string(), "serve", directory_ / "shop.yaml", "--log-json"};
  if (options_.log_attempts) command.insert(command.end(), {"--log-level", "debug"});
  gateway_ = make_child("gateway", std::move(command));
  return {};
}

std::optional<std::string> cast::wait_ready(const stage::child& of, std::uint16_t at,
                                            const std::string& path) {
  const time_point until = now() + longest_start;
  while (of.running()) {
    stage::question q;
    q.port = at;
    q.target = path;
    q.patience = std::chrono::seconds(1);
    if (visitor_.ask(q).status == 200) return {};
    if (now() >= until) return of.name() + " is not ready after 20 s: " + of.last_line();
    stage::wait(loop_, std::chrono::milliseconds(10));
  }
  return of.name() + " ended instead of serving: " + of.last_line();
}

std::optional<std::string> cast::start() {
  if (auto wrong = prepare()) return wrong;
  for (role r : all_roles) {
    if (auto wrong = launch(r)) return wrong;
  }
  for (role r : all_roles) {
    if (auto wrong = wait_ready(*services_[r], port(r), "/livez")) return wrong;
  }
  if (auto wrong = gateway_->start()) return wrong;
  return wait_ready(*gateway_, admin_port_, "/readyz");
}

std::optional<std::string> cast::launch(role which) {
  return services_[which]->start();
}

std::optional<std::string> cast::start_service(role which) {
  if (auto wrong = launch(which)) return wrong;
  return wait_ready(*services_[which], port(which), "/livez");
}

void cast::stop_service(role which) {
  ask_to_stop(which);
  stage::wait_until(loop_, longest_stop, [&] { return !running(which); });
}

void cast::stop_all() {
  // The gateway first: it finishes what it has begun while the services are still there.
  if (gateway_) gateway_->stop();
  stage::wait_until(loop_, longest_stop, [&] { return !gateway_ || !gateway_->running(); });
  for (auto& s : services_) {
    if (s) s->stop();
  }
  stage::wait_until(loop_, longest_stop, [&] {
    return std::none_of(services_.begin(), services_.end(),
                        [](const auto& s) { return s && s->running(); });
  });
}

void cast::set_faults(role which, const std::string& json, std::function<void(bool)> done) {
  stage::question q;
  q.port = port(which);
  q.method = "POST";
  q.target = "/_fault";
  q.body = json;
  q.patience = std::chrono::seconds(2);
  visitor_.ask(q, [done = std::move(done)](const stage::answer& a) { done(a.status == 200); });
}

bool cast::set_faults(role which, const std::string& json) {
  auto taken = std::make_shared<std::optional<bool>>();
  set_faults(which, json, [taken](bool ok) { *taken = ok; });
  stage::wait_until(loop_, std::chrono::seconds(3), [&] { return taken->has_value(); });
  return taken->value_or(false);
}

std::optional<std::uint64_t> cast::requests_seen(role which) {
  stage::question q;
  q.port = port(which);
  q.target = "/_fault";
  const stage::answer a = visitor_.ask(q);
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(a.body, memory);
  if (a.status != 200 || !parsed) return {};
  return parsed->find("requests").as_uint64();
}

}  // namespace weir::systems::shop
