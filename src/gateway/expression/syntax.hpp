#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lexer.hpp"
#include "tree.hpp"
#include "weir/gateway/expression/parse.hpp"

namespace weir::gateway::expression {

// Recursive descent over the grammar of docs/expressions.md; stops at the first problem. A function
// for each level of precedence, loosest first.
class syntax {
 public:
  syntax(tree& into, std::string_view text, std::size_t begin, const parse_limits& limits)
      : tree_(into), limits_(limits), lexer_(text, begin, into.strings) {}

  // One whole expression; what follows it is left in ahead().
  bool run();
  const token& ahead() const noexcept { return ahead_; }
  bool fail(std::size_t offset, std::size_t length, std::string message,
            std::string suggestion = {});
  // A problem at the token that is next, which cannot follow what stands before it.
  bool fail_unexpected();
  const std::optional<problem>& wrong() const noexcept { return wrong_; }

 private:
  // The number of a node, or `none` after a problem.
  using made = std::uint32_t;
  static constexpr made none = ~0u;
  using kid_list = std::vector<made>;

  made coalesce();
  made conditional();
  made logical_or();
  made logical_and();
  made relation();
  made addition();
  made multiplication();
  made unary();
  made negated();
  made member();
  made primary();
  made dotted(made of);
  made indexed(made of);
  made named();
  made method(const token& name, made of);
  made call(const token& name, const kid_list& arguments, bool method);
  made has(const token& name);
  made macro(const token& name, op what, made range);
  made list();
  made map();

  template <class Next>
  made left_to_right(Next next, std::initializer_list<op> operators);
  bool arguments(kid_list& into);

  made add(op what, const token& at, const kid_list& kids = {}, std::uint32_t data = 0);
  made constant(const token& at, value of);
  std::uint32_t intern(std::string_view name);
  std::optional<std::uint32_t> variable(std::string_view name) const;

  bool advance();
  bool expect(std::string_view symbol, std::string_view what);
  bool enter();

  tree& tree_;
  const parse_limits& limits_;
  lexer lexer_;
  token ahead_;
  std::size_t depth_ = 0;
  std::vector<std::string_view> variables_;  // of the macros we are in, innermost last
  std::optional<problem> wrong_;
};

}  // namespace weir::gateway::expression
