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
  const json::value message = parsed->find("message");
  if (message.equals("circuit changed")) {
    const transition t{text(*parsed, "circuit", memory), text(*parsed, "from", memory),
                       text(*parsed, "to", memory),
                       parsed->find("failures").as_uint64().value_or(0)};
    transitions_.push_back(t);
    if (changed_) changed_(t);
  } else if (message.equals("attempt")) {
    attempts_.push_back({text(*parsed, "service", memory),
                         static_cast<int>(parsed->find("status").as_int64().value_or(0))});
  }
}

std::size_t gateway_log::attempts_to(std::string_view service) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      attempts_.begin(), attempts_.end(), [&](const attempt& a) { return a.service == service; }));
}

std::size_t gateway_log::failures_of(std::string_view service) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(attempts_.begin(), attempts_.end(), [&](const attempt& a) {
        return a.service == service && (a.status == 0 || a.status >= 500);
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
