#pragma once

#include <array>
#include <string>
#include <string_view>

#include "function_table.hpp"
#include "tree.hpp"
#include "weir/gateway/expression/check.hpp"

namespace weir::gateway::expression {

// Works out, bottom up, which types each part may have, and notes what can never work. What is
// unknown may be anything and is never a problem.
class inference {
 public:
  inference(const tree& of, const type_environment& names, checked& into)
      : tree_(of), names_(names), out_(into) {}

  static_type run() { return at(tree_.root); }

 private:
  static_type at(std::uint32_t number);
  static_type kid(const tree_node& node, std::size_t i) { return at(tree_.kid(node, i)); }
  const tree_node& kid_node(const tree_node& node, std::size_t i) const {
    return tree_.nodes[tree_.kid(node, i)];
  }

  static_type name(const tree_node& node);
  static_type select(const tree_node& node);
  static_type index(const tree_node& node);
  static_type call(const tree_node& node);
  static_type arithmetic(const tree_node& node);
  static_type equality(const tree_node& node);
  static_type comparison(const tree_node& node);
  static_type contained(const tree_node& node);
  static_type conditional(const tree_node& node);
  static_type list(const tree_node& node);
  static_type map(const tree_node& node);
  static_type macro(const tree_node& node);
  static_type known_member(const tree_node& node, const static_type& of, std::string_view name);
  void needs_truth(const tree_node& node, const static_type& of);
  bool known(std::string_view name) const;
  void wrong(const tree_node& node, std::string message, std::string suggestion = {});

  const tree& tree_;
  const type_environment& names_;
  checked& out_;
  std::array<static_type, most_locals> locals_;
};

// "string", "number or null", for messages.
std::string describe(type_set types);

}  // namespace weir::gateway::expression
