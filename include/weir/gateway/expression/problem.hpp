#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir::gateway::expression {

// What is wrong with a text, and where: the caret goes under `offset`, for `length` bytes (at least
// one; it may point behind the end).
struct problem {
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string message;     // "there is no name 'prodcuts'"
  std::string suggestion;  // "did you mean 'products'?", or empty
};

using problems = std::vector<problem>;

}  // namespace weir::gateway::expression
