#include "systems/stage/chronicle.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace weir::stage {

namespace {

constexpr const char* green = "32";
constexpr const char* red = "31";
constexpr const char* bold = "1";

}  // namespace

bool may_colour() {
  const char* const refused = std::getenv("NO_COLOR");
  return (refused == nullptr || *refused == '\0') && ::isatty(STDOUT_FILENO) != 0;
}

std::string milliseconds(duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + " ms";
}

chronicle::chronicle(std::ostream& to, bool colours, std::function<bool()> interrupted)
    : to_(to), colours_(colours), interrupted_(std::move(interrupted)), began_(now()) {}

std::string chronicle::painted(const std::string& text, const char* colour) const {
  if (!colours_) return text;
  return std::string("\033[").append(colour).append("m").append(text).append("\033[0m");
}

void chronicle::event(const std::string& what) {
  char at[32];
  std::snprintf(at, sizeof at, "%6.1f s  ", std::chrono::duration<double>(now() - began_).count());
  to_ << at << what << '\n' << std::flush;
}

void chronicle::heading(const std::string& what) {
  if (interrupted_()) throw cut_short{};
  event(painted("== " + what, bold));
}

void chronicle::row(const std::string& what, const std::string& seen, bool as_told) {
  if (interrupted_()) throw cut_short{};
  rows_.push_back({what, seen, as_told});
  if (!as_told) event(painted("NOT AS TOLD: ", red) + what + "; seen: " + seen);
}

bool chronicle::all_as_told() const noexcept {
  return !rows_.empty() &&
         std::all_of(rows_.begin(), rows_.end(), [](const line& l) { return l.as_told; });
}

void chronicle::print_table() const {
  std::size_t widest = 0;
  for (const line& l : rows_) widest = std::max(widest, l.what.size());
  to_ << '\n';
  for (const line& l : rows_) {
    to_ << (l.as_told ? painted("pass", green) : painted("FAIL", red)) << "  " << l.what
        << std::string(widest - l.what.size(), ' ') << "  " << l.seen << '\n';
  }
  const auto passed =
      std::count_if(rows_.begin(), rows_.end(), [](const line& l) { return l.as_told; });
  to_ << '\n' << passed << " of " << rows_.size() << " as told" << '\n' << std::flush;
}

}  // namespace weir::stage
