#include "tree.hpp"

namespace weir::gateway::expression {

std::string_view spelling(op o) noexcept {
  switch (o) {
    case op::literal:
      return "literal";
    case op::name:
    case op::local:
    case op::slot:
    case op::type_name:
      return "name";
    case op::select:
      return ".";
    case op::index:
      return "[]";
    case op::has:
      return "has";
    case op::call:
      return "call";
    case op::logical_not:
      return "!";
    case op::negate:
      return "-";
    case op::add:
      return "+";
    case op::subtract:
      return "-";
    case op::multiply:
      return "*";
    case op::divide:
      return "/";
    case op::modulo:
      return "%";
    case op::equal:
      return "==";
    case op::unequal:
      return "!=";
    case op::less:
      return "<";
    case op::less_equal:
      return "<=";
    case op::greater:
      return ">";
    case op::greater_equal:
      return ">=";
    case op::in:
      return "in";
    case op::logical_and:
      return "&&";
    case op::logical_or:
      return "||";
    case op::conditional:
      return "?:";
    case op::coalesce:
      return "?"
             "?";
    case op::list:
      return "list";
    case op::map:
      return "map";
    case op::all:
      return "all";
    case op::exists:
      return "exists";
    case op::exists_one:
      return "exists_one";
    case op::filter:
      return "filter";
    case op::transform:
    case op::filter_transform:
      return "map";
  }
  return "";
}

}  // namespace weir::gateway::expression
