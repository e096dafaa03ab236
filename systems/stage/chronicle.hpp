#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "weir/base/clock.hpp"

namespace weir::stage {

// Whether standard output may be coloured: a terminal, and NO_COLOR is not set (no-color.org).
bool may_colour();

// "1003 ms"
std::string milliseconds(duration d);

inline constexpr const char* story_cut_short = "interrupted: the story ends here";

// Thrown by a chronicle where its story goes on though it was interrupted: what it would see from
// there on is not what happened.
struct cut_short {};

// What happened when, one line for each event as it happens; and at the end what was expected,
// what was seen, and whether they agree.
class chronicle {
 public:
  chronicle(std::ostream& to, bool colours, std::function<bool()> interrupted);

  void event(const std::string& what);  // "  3.2 s  circuit favorites OPEN: …"
  // Both throw cut_short once interrupted.
  void heading(const std::string& what);
  // A row of the table; told at once as an event, too, if it failed.
  void row(const std::string& what, const std::string& seen, bool as_told);

  bool has_rows() const noexcept { return !rows_.empty(); }
  bool all_as_told() const noexcept;
  void print_table() const;

 private:
  struct line {
    std::string what;
    std::string seen;
    bool as_told;
  };
  std::string painted(const std::string& text, const char* colour) const;

  std::ostream& to_;
  const bool colours_;
  const std::function<bool()> interrupted_;
  const time_point began_;
  std::vector<line> rows_;
};

}  // namespace weir::stage
