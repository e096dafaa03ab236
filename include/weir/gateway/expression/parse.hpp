#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "weir/base/result.hpp"
#include "weir/gateway/expression/problem.hpp"

namespace weir::gateway::expression {

// Bounds on one expression, so that neither parsing nor evaluating it can need much stack.
struct parse_limits {
  std::size_t bytes = 16 * 1024;
  std::size_t nodes = 4096;
  std::size_t depth = 200;          // nodes above one another: brackets, and operators in a row
  std::size_t literal_size = 1000;  // elements of one list, entries of one map, arguments
};

struct tree;  // src/gateway/expression/tree.hpp

// A parsed expression. Immutable and cheap to copy; a program made of it shares it.
class ast {
 public:
  explicit ast(std::shared_ptr<const tree> of) noexcept : tree_(std::move(of)) {}
  const tree& get() const noexcept { return *tree_; }
  const std::shared_ptr<const tree>& share() const noexcept { return tree_; }
  std::string_view text() const noexcept;  // as written

 private:
  std::shared_ptr<const tree> tree_;
};

// The whole text is one expression (docs/expressions.md gives the grammar). Offsets of problems
// count from its beginning.
result<ast, problems> parse(std::string_view text, const parse_limits& limits = {});

struct embedded {
  ast expression;
  std::size_t end;  // the offset of the brace that closes it
};

// The expression that begins at `begin` inside a longer text and ends before a '}' that it did not
// open; braces in its maps and strings are its own. Offsets count from the beginning of `text`.
result<embedded, problems> parse_embedded(std::string_view text, std::size_t begin,
                                          const parse_limits& limits = {});

}  // namespace weir::gateway::expression
