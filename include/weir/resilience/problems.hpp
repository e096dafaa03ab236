#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

// One thing that is wrong with a set of options: which field, and what in words.
struct option_problem {
  std::string field;    // as it is written in C++: half_open.permits
  std::string message;  // a clause: what is asked of it

  friend bool operator==(const option_problem&, const option_problem&) = default;
};

// All of them; empty when the options are sound.
using option_problems = std::vector<option_problem>;

// Throws std::invalid_argument that names every problem, if there is one.
void require_valid(std::string_view what, const option_problems& problems);

}  // namespace weir
