#include "systems/stage/circuits.hpp"

#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::stage {

circuit_views read_circuits(const answer& from) {
  circuit_views made;
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(from.body, memory);
  if (from.status != 200 || !parsed) return made;
  for (json::value c : parsed->find("circuits").elements()) {
    const auto text = [&](json::value v) {
      return std::string(v.as_string(memory).value_or(std::string_view()));
    };
    circuit_view& view = made[text(c.find("name"))];
    view.state = text(c.find("state"));
    view.failures = c.find("failures").as_uint64().value_or(0);
    view.rule = text(c.find("window").find("trip"));
    view.time_to_probe =
        std::chrono::milliseconds(c.find("time_to_probe_ms").as_int64().value_or(0));
  }
  return made;
}

circuit_watch::circuit_watch(io::loop& on, visitor& by, std::uint16_t admin_port, duration every)
    : loop_(on),
      visitor_(by),
      port_(admin_port),
      every_(every),
      timer_(on, delegate<void()>::to<&circuit_watch::look>(*this)) {}

question circuit_watch::query() const {
  question q;
  q.port = port_;
  q.target = "/circuits";
  q.patience = std::chrono::seconds(2);
  return q;
}

void circuit_watch::look() {
  visitor_.ask(query(), [this, alive = alive_](const answer& a) {
    if (!*alive) return;
    remember(read_circuits(a));
    timer_.arm(loop_.now() + every_);
  });
}

circuit_views circuit_watch::ask_now() {
  circuit_views seen = read_circuits(visitor_.ask(query()));
  remember(seen);
  return seen;
}

void circuit_watch::remember(const circuit_views& seen) {
  for (const auto& [name, view] : seen) {
    std::vector<std::string>& states = states_[name];
    if (states.empty() || states.back() != view.state) states.push_back(view.state);
  }
}

std::string circuit_watch::path_of(const std::string& circuit) const {
  std::string path;
  const auto found = states_.find(circuit);
  if (found == states_.end()) return path;
  for (const std::string& state : found->second) {
    if (!path.empty()) path += " > ";
    path += state;
  }
  return path;
}

}  // namespace weir::stage
