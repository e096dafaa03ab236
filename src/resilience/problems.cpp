#include "weir/resilience/problems.hpp"

#include <stdexcept>

namespace weir {

void require_valid(std::string_view what, const option_problems& problems) {
  if (problems.empty()) return;
  std::string text(what);
  text += ": ";
  bool first = true;
  for (const option_problem& p : problems) {
    if (!first) text += "; ";
    first = false;
    text += p.field;
    text += ' ';
    text += p.message;
  }
  throw std::invalid_argument(text);
}

}  // namespace weir
