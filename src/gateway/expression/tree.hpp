#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/arena.hpp"
#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {

// Variables of macros inside one another.
inline constexpr std::size_t most_locals = 8;

enum class op : std::uint8_t {
  literal,    // data: index in constants
  name,       // data: index in names; a root or a type
  local,      // data: number of the macro's variable
  slot,       // data: slot of the frame (in compiled code only)
  type_name,  // data: the type (in compiled code only)
  select,     // kid 0 . names[data]
  index,      // kid 0 [ kid 1 ]
  has,        // kid 0 is a select or an index
  call,       // data: the function; kids: the receiver, if any, and the arguments
  logical_not,
  negate,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  logical_and,
  logical_or,
  conditional,
  coalesce,
  list,
  map,  // kids: key, value, key, value…
  all,  // macros; kids: the range, [the condition,] the body; data: number of the variable
  exists,
  exists_one,
  filter,
  transform,         // x.map(v, body)
  filter_transform,  // x.map(v, condition, body)
};

// "+", "has", "map"…; for messages.
std::string_view spelling(op o) noexcept;

struct tree_node {
  op what;
  std::uint16_t kid_count = 0;
  std::uint16_t height = 1;
  std::uint32_t first_kid = 0;  // in tree::kids
  std::uint32_t data = 0;
  std::uint32_t offset = 0;  // where the caret goes: the operator, the name
  std::uint32_t length = 0;
};

// An expression as parsed: nodes by number, so that it is one piece of memory and its limits are
// plain counts. Immutable once made.
struct tree {
  std::string text;
  arena strings{256};
  std::vector<tree_node> nodes;
  std::vector<std::uint32_t> kids;
  std::vector<value> constants;
  std::vector<std::string_view> names;
  std::uint32_t root = 0;

  std::uint32_t kid(const tree_node& of, std::size_t i) const { return kids[of.first_kid + i]; }
};

}  // namespace weir::gateway::expression
