#include <algorithm>
#include <numeric>

#include "weir/gateway/expression/check.hpp"

namespace weir::gateway::expression {
namespace {

// Edits from one word to the other: insert, delete, replace, swap neighbours (the restricted
// Damerau–Levenshtein distance).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

// What other languages call it.
struct foreign {
  std::string_view there, here;
};
constexpr foreign known_elsewhere[] = {
    {"yes", "true"},         {"on", "true"},
    {"True", "true"},        {"no", "false"},
    {"off", "false"},        {"False", "false"},
    {"nil", "null"},         {"None", "null"},
    {"undefined", "null"},   {"len", "size"},
    {"length", "size"},      {"count", "size"},
    {"lower", "lowerAscii"}, {"toLowerCase", "lowerAscii"},
    {"upper", "upperAscii"}, {"toUpperCase", "upperAscii"},
    {"str", "string"},       {"toString", "string"},
    {"float", "double"},     {"number", "double"},
    {"parseInt", "int"},     {"includes", "contains"},
    {"substr", "substring"}, {"strip", "trim"},
    {"some", "exists"},      {"any", "exists"},
    {"every", "all"},        {"typeof", "type"},
    {"now", "clock"},        {"strftime", "clock"},
};

}  // namespace

std::string suggest(std::string_view name, const std::vector<std::string_view>& candidates) {
  // A third of the letters may be wrong, and one in the shortest words.
  std::size_t nearest = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string_view best;
  for (const foreign& f : known_elsewhere) {
    if (f.there == name &&
        std::find(candidates.begin(), candidates.end(), f.here) != candidates.end()) {
      return "did you mean '" + std::string(f.here) + "'?";
    }
  }
  for (const auto candidate : candidates) {
    if (candidate.size() > name.size() + nearest || name.size() > candidate.size() + nearest)
      continue;
    const std::size_t far = distance(name, candidate);
    if (far < nearest && far < candidate.size()) {
      nearest = far;
      best = candidate;
    }
  }
  return best.empty() ? std::string() : "did you mean '" + std::string(best) + "'?";
}

}  // namespace weir::gateway::expression
