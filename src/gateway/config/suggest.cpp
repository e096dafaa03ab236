#include "weir/gateway/config/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace weir::gateway::config {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

// Optimal string alignment: Damerau's distance without editing a swapped pair again.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> before(width), last(width), row(width);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates) {
  // Nobody means anything by a kilobyte of text; comparing it would only cost.
  if (written.empty() || written.size() > 64) return {};
  const std::string low = lower(written);
  // A word left unfinished is meant as it begins.
  if (low.size() >= 2) {
    for (const std::string_view c : candidates) {
      if (c.size() > low.size() && c.starts_with(low)) return c;
    }
  }
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (const std::string_view c : candidates) {
    const std::size_t d = edit_distance(low, lower(c));
    if (d < least) {
      least = d;
      best = c;
    }
  }
  if (best == written) return {};
  return best;
}

std::string nearest(std::string_view written, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return std::string(nearest(written, std::span<const std::string_view>(views)));
}

std::string one_of(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += "`" + std::string(words[i]) + "`";
  }
  return out;
}

}  // namespace weir::gateway::config
