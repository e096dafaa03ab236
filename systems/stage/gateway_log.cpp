#include "systems/stage/gateway_log.hpp"

#include <algorithm>

#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::stage {

namespace {

std::string text(json::value from, std::string_view name, arena& memory) {
  return std::string(from.find(name).as_string(memory).value_or(std::string_view()));
}

}  // namespace

void gateway_log::take(std::string_view line) {
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(line, memory);
  if (!parsed) return;  // not ours: a sanitizer's or the loader's words
  const std::string message = text(*parsed, "message", memory);
  if (message == "upstream attempt") {
    attempts_.push_back({text(*parsed, "service", memory), text(*parsed, "cause", memory)});
    return;
  }
  // "circuit favorites closed -> open"
  const std::string circuit = text(*parsed, "circuit", memory);
  const std::size_t arrow = message.find(" -> ");
  const std::string before = "circuit " + circuit + " ";
  if (circuit.empty() || arrow == std::string::npos || !message.starts_with(before)) return;
  const transition t{circuit, message.substr(before.size(), arrow - before.size()),
                     message.substr(arrow + 4), parsed->find("failures").as_uint64().value_or(0)};
  transitions_.push_back(t);
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

}  // namespace weir::stage
