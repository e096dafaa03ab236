#include "equality.hpp"

#include "numbers.hpp"

namespace weir::gateway::expression {
namespace {

bool same_text(const value& a, const value& b, arena& memory, work_budget& budget) {
  // Escapes are unescaped on the one side at most, and compared in place on the other.
  const bool a_parsed = a.kept_as() == value::storage::json;
  const bool b_parsed = b.kept_as() == value::storage::json;
  if (!a_parsed && !b_parsed) {
    return budget.spend(a.text_here().size() / 64) && a.text_here() == b.text_here();
  }
  const value& parsed = b_parsed ? b : a;
  const value& other = b_parsed ? a : b;
  if (!budget.spend(parsed.json_here().raw().size() / 64)) return false;
  if (other.kept_as() == value::storage::json && other.json_here().has_escapes()) {
    if (!parsed.json_here().has_escapes()) {
      return other.json_here().equals(*parsed.json_here().as_string(memory));
    }
    if (!budget.spend(other.json_here().raw().size())) return false;
  }
  return parsed.json_here().equals(*other.as_text(memory));
}

bool same_list(const value& a, const value& b, arena& memory, work_budget& budget) {
  element_cursor left(a);
  element_cursor right(b);
  if (left.left() != right.left()) return false;
  for (; left; left.advance(), right.advance()) {
    if (!equal(*left, *right, memory, budget)) return false;
  }
  return true;
}

std::optional<value> entry_of(const value& map, const value& key, arena& memory,
                              work_budget& budget) {
  if (map.kept_as() == value::storage::json) {
    const auto name = key.as_text(memory);
    if (!name || !budget.spend(map.json_here().size() / 4)) return std::nullopt;
    const auto found = map.json_here().find(*name);
    if (!found) return std::nullopt;
    return value::json(found);
  }
  if (map.kept_as() == value::storage::source) {
    const auto name = key.as_text(memory);
    if (!name || !budget.spend(16)) return std::nullopt;
    const value found = member(map, *name, memory);
    return found.is_missing() ? std::nullopt : std::optional(found);
  }
  for (entry_cursor c(map, memory); c; c.advance()) {
    if (equal(c.key(), key, memory, budget)) return c.content();
    if (budget.spent()) break;
  }
  return std::nullopt;
}

bool same_map(const value& a, const value& b, arena& memory, work_budget& budget) {
  entry_cursor left(a, memory);
  // What a source costs to be made whole.
  if (!budget.spend(4 * left.left())) return false;
  if (left.left() != entry_cursor(b, memory).left()) return false;
  for (; left; left.advance()) {
    const auto other = entry_of(b, left.key(), memory, budget);
    if (!other || !equal(left.content(), *other, memory, budget)) return false;
  }
  return true;
}

}  // namespace

bool equal(const value& a, const value& b, arena& memory, work_budget& budget) {
  if (!budget.spend(1)) return false;
  if (const auto order = compare_numbers(a, b)) return *order == 0;
  const type kind = a.get_type();
  if (kind != b.get_type()) return false;
  if (a.kept_as() == value::storage::json && b.kept_as() == value::storage::json &&
      budget.spend(a.json_here().raw().size() / 64) && a.json_here().raw() == b.json_here().raw()) {
    return true;
  }
  switch (kind) {
    case type::null:
    case type::missing:
      return true;
    case type::boolean:
      return a.as_bool() == b.as_bool();
    case type::text:
      return same_text(a, b, memory, budget);
    case type::bytes:
      return budget.spend(a.text_here().size() / 64) && a.text_here() == b.text_here();
    case type::list:
      return same_list(a, b, memory, budget);
    case type::map:
      return same_map(a, b, memory, budget);
    case type::type:
      return a.type_here() == b.type_here();
    default:
      return false;
  }
}

}  // namespace weir::gateway::expression
