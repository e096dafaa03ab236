#pragma once

#include <string>
#include <string_view>

namespace weir::gateway::expression {

// A word of the user's in a message.
inline std::string in_quotes(std::string_view word) {
  return "'" + std::string(word) + "'";
}

}  // namespace weir::gateway::expression
