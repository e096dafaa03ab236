#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tree.hpp"

namespace weir::gateway::expression {

// A tree whose names are resolved to slots. Strings and constants stay in the tree.
struct code {
  std::shared_ptr<const tree> of;
  std::vector<tree_node> nodes;
  std::vector<std::uint16_t> slots;  // read, ascending
};

}  // namespace weir::gateway::expression
