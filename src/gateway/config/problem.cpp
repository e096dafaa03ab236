#include "weir/gateway/config/problem.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "weir/json/utf8.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway::config {
namespace {

constexpr std::size_t widest_line = 140;  // what a terminal shows of a long source line

std::string sentence(const problem& p) {
  std::string text = p.what;
  if (!p.suggestion.empty()) text += "; did you mean `" + p.suggestion + "`?";
  return text;
}

// A window of a source line that holds the marked stretch.
struct excerpt {
  std::string text;
  std::string pad;  // what stands before the caret: blanks, and tabs where the line has tabs
};

// Terminals give these two columns (Unicode Standard Annex 11: wide and fullwidth; the large
// blocks).
bool is_wide(char32_t c) noexcept {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

// Well-formed text as it may be shown: a control character would move the cursor of whoever reads
// the message, and a broken byte could do anything.
std::string showable(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const std::size_t good = json::utf8_valid_prefix(line);
    for (const char c : line.substr(0, good)) {
      const auto u = static_cast<unsigned char>(c);
      out.push_back((u < 0x20 && c != '\t') || u == 0x7f ? '?' : c);
    }
    if (good == line.size()) break;
    out += '?';
    line.remove_prefix(good + 1);
  }
  return out;
}

// As many blanks as a terminal has columns for it.
std::string blanks_for(std::string_view shown) {
  std::string out;
  for (std::size_t i = 0; i < shown.size();) {
    const auto lead = static_cast<unsigned char>(shown[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < shown.size(); ++k) {
      c = (c << 6) | (static_cast<unsigned char>(shown[i + k]) & 0x3fu);
    }
    if (c == '\t') {
      out += '\t';
    } else {
      out.append(is_wide(c) ? 2 : 1, ' ');
    }
    i += length;
  }
  return out;
}

excerpt cut(std::string_view line, std::size_t mark) {
  mark = std::min(mark, line.size());
  std::size_t from = 0;
  if (line.size() > widest_line && mark > widest_line / 2) from = mark - widest_line / 2;
  while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80) --from;
  std::size_t to = std::min(line.size(), from + widest_line);
  while (to < line.size() && (static_cast<unsigned char>(line[to]) & 0xc0) == 0x80) ++to;

  excerpt e;
  if (from > 0) e.text = "…", e.pad = " ";
  e.text += showable(line.substr(from, to - from));
  if (to < line.size()) e.text += "…";
  e.pad += blanks_for(showable(line.substr(from, mark - from)));
  return e;
}

}  // namespace

void problems::error(place where, std::string what, std::string suggestion) {
  all_.push_back({severity::error, where, std::move(what), std::move(suggestion)});
}

void problems::warn(place where, std::string what) {
  all_.push_back({severity::warning, where, std::move(what), {}});
}

bool problems::has_error_in(place stretch) const noexcept {
  return std::any_of(all_.begin(), all_.end(), [&](const problem& p) {
    return p.how == severity::error && p.where.offset >= stretch.offset &&
           p.where.offset < stretch.end();
  });
}

std::size_t problems::errors_() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [](const problem& p) { return p.how == severity::error; }));
}

void problems::sort() {
  // By place, and where that is the same as they were found. (Not std::stable_sort: clang warns of
  // what libstdc++ 12 does inside it.)
  std::vector<std::size_t> order(all_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return std::pair(all_[a].where.offset, a) < std::pair(all_[b].where.offset, b);
  });
  std::vector<problem> sorted;
  sorted.reserve(order.size());
  for (const std::size_t i : order) {
    const auto here = std::find_if(sorted.rbegin(), sorted.rend(), [&](const problem& p) {
      return p.where.offset != all_[i].where.offset;
    });
    const bool said = std::any_of(sorted.rbegin(), here, [&](const problem& p) {
      return p.where == all_[i].where && p.how == all_[i].how && p.what == all_[i].what;
    });
    if (!said) sorted.push_back(std::move(all_[i]));
  }
  all_ = std::move(sorted);
}

std::string print(const problem& p, const source& in, print_options how) {
  const char* const bold = how.color ? "\033[1m" : "";
  const char* const plain = how.color ? "\033[0m" : "";
  const bool is_error = p.how == severity::error;
  const char* const tint = !how.color ? "" : is_error ? "\033[1;31m" : "\033[1;33m";

  const source::position at = in.at(p.where.offset);
  std::string out = bold;
  out += in.name() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  out += tint;
  out += is_error ? "error:" : "warning:";
  out += plain;
  out += " " + sentence(p) + "\n";

  const std::string_view line = in.line(at.line);
  const std::size_t mark =
      p.where.offset - std::min<std::size_t>(p.where.offset, in.line_start(at.line));
  const excerpt e = cut(line, mark);
  std::string number = std::to_string(at.line);
  if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
  out += number + " | " + e.text + "\n";

  // The mark ends with its line, whatever it covers.
  const std::size_t rest = line.size() - std::min(line.size(), mark);
  const std::size_t covered = std::min<std::size_t>(p.where.length, rest);
  std::size_t width =
      blanks_for(showable(line.substr(std::min(line.size(), mark), covered))).size();
  width = std::clamp<std::size_t>(width, 1, widest_line);
  out += std::string(number.size(), ' ') + " | " + e.pad + tint + "^" +
         std::string(width - 1, '~') + plain + "\n";
  return out;
}

std::string print(const problems& all, const source& in, print_options how) {
  std::string out;
  for (const problem& p : all.all()) out += print(p, in, how);
  return out;
}

std::string to_json(const problems& all, const source& in) {
  std::string out;
  json::writer w(out);
  w.begin_array();
  for (const problem& p : all.all()) {
    const source::position at = in.at(p.where.offset);
    w.begin_object();
    w.key("severity").string(p.how == severity::error ? "error" : "warning");
    w.key("file").string(in.name());
    w.key("line").unsigned_integer(at.line);
    w.key("column").unsigned_integer(at.column);
    w.key("length").unsigned_integer(count_characters(std::string_view(in.text()).substr(
        std::min<std::size_t>(p.where.offset, in.text().size()), p.where.length)));
    w.key("message").string(p.what);
    if (!p.suggestion.empty()) w.key("suggestion").string(p.suggestion);
    w.end_object();
  }
  w.end_array();
  return out;
}

}  // namespace weir::gateway::config
