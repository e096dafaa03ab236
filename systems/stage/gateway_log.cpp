#include "systems/stage/gateway_log.hpp"

#include <algorithm>

#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::stage {

namespace {

std::string text(json::value from, std::string_view name, arena& memory) {
  return std::string(from.find(name).as_string(memory).value_or(std::string_view()));
}

// A circuit's line about one call, in a word; nothing for other lines.
std::string heard(const std::string& message) {
  if (message == "circuit lets a call through") return "call";
  if (message == "circuit saw a failure") return "failure";
  if (message == "circuit saw a success") return "success";
  if (message == "circuit ignored a call") return "ignored";
  return {};
}

}  // namespace

void gateway_log::take(std::string_view line) {
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(line, memory);
  if (!parsed) return;  // not ours: a sanitizer's or the loader's words
  const std::string message = text(*parsed, "message", memory);
  if (message == "upstream attempt") {
    attempts_.push_back({text(*parsed, "service", memory), text(*parsed, "cause", memory),
                         text(*parsed, "url", memory),
                         parsed->find("status").as_uint64().value_or(0)});
    return;
  }
  const std::string circuit = text(*parsed, "circuit", memory);
  if (const std::string what = heard(message); !what.empty()) {
    events_.emplace_back(circuit, what);
    return;
  }
  // "circuit favorites closed -> open"
  const std::size_t arrow = message.find(" -> ");
  const std::string before = "circuit " + circuit + " ";
  if (circuit.empty() || arrow == std::string::npos || !message.starts_with(before)) return;
  const transition t{circuit,
                     message.substr(before.size(), arrow - before.size()),
                     message.substr(arrow + 4),
                     parsed->find("failures").as_uint64().value_or(0),
                     std::chrono::milliseconds(parsed->find("time_ms").as_int64().value_or(0)),
                     text(*parsed, "reason", memory)};
  transitions_.push_back(t);
  events_.emplace_back(circuit, t.from + " > " + t.to);
  if (changed_) changed_(t);
}

std::size_t gateway_log::attempts_to(std::string_view service) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      attempts_.begin(), attempts_.end(), [&](const attempt& a) { return a.service == service; }));
}

std::size_t gateway_log::failures_of(std::string_view service) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(attempts_.begin(), attempts_.end(), [&](const attempt& a) {
        // One that was called off says nothing about the service.
        return a.service == service && !a.cause.empty() && a.cause != "cancelled";
      }));
}

std::string gateway_log::path_of(std::string_view circuit) const {
  std::string path;
  for (const transition& t : transitions_) {
    if (t.circuit != circuit) continue;
    if (path.empty()) path = t.from;
    path += " > " + t.to;
  }
  return path;
}

std::vector<std::string> gateway_log::events_of(std::string_view circuit) const {
  std::vector<std::string> made;
  for (const auto& [whose, what] : events_) {
    if (whose == circuit) made.push_back(what);
  }
  return made;
}

}  // namespace weir::stage
