#include "systems/gists/breaker_view.hpp"

#include <algorithm>
#include <cmath>

#include "systems/stage/performance.hpp"
#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::systems::gists {

std::uint64_t breaker_view::count(const std::string& name) const {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

std::uint64_t breaker_view::let_through() const {
  return count("call_passing") + count("call_recovering_ok");
}

std::string breaker_view::in_short() const {
  if (ratio < 0) return state + ", too few calls for a ratio";
  return state + ", " + std::to_string(std::lround(ratio * 100)) + " % failed";
}

breaker_view read_view(const std::string& statistics, const std::string& name) {
  breaker_view made;
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(statistics, memory);
  if (!parsed) return made;
  const json::value found = parsed->find(name);
  made.state = found.find("state").as_string(memory).value_or("");
  made.ratio = found.find("ratio").as_double().value_or(-1);
  for (const json::member& m : found.members()) {
    const auto counter = m.name.as_string(memory);
    const auto count = m.value.as_uint64();
    if (counter && count) made.counts[std::string(*counter)] = *count;
  }
  return made;
}

span::span(moment from, moment to)
    : least(std::max(duration::zero(), to.earliest - from.latest)),
      most(to.latest - from.earliest) {}

std::string span::in_words() const {
  return "between " + stage::milliseconds(least) + " and " + stage::milliseconds(most);
}

}  // namespace weir::systems::gists
