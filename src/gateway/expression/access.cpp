// What is inside a value: .name, [index] and `in`.
#include <cmath>

#include "operators.hpp"
#include "weir/gateway/expression/output.hpp"

namespace weir::gateway::expression {
namespace {

using storage = value::storage;

// Named after the place, "[7]", for messages.
value no_element(const value& key, evaluation& in) {
  const auto text = to_text(key, in.memory()).as_text(in.memory()).value_or("");
  if (!in.spend_bytes(text.size() + 64)) return in.out_of_budget();
  auto* const to = static_cast<char*>(in.memory().allocate(text.size() + 2, 1));
  to[0] = '[';
  text.copy(to + 1, text.size());
  to[text.size() + 1] = ']';
  return value::missing({to, text.size() + 2});
}

value index_list(const value& of, const value& key, evaluation& in) {
  const value number = machine_number(key);
  std::optional<std::int64_t> position = number.as_int64();
  if (number.kept_as() == storage::real) {
    const double real = number.real_here();
    if (std::trunc(real) == real && std::abs(real) < 0x1p53)
      position = static_cast<std::int64_t>(real);
  }
  if (number.kept_as() == storage::uinteger && !position) return no_element(number, in);
  if (!position) {
    return in.fail(error_kind::wrong_type,
                   {"a list is indexed by a whole number, not ", describe(key)});
  }
  const auto i = static_cast<std::size_t>(*position);
  if (*position < 0 || i >= *count(of, in.memory())) return no_element(number, in);
  if (of.kept_as() == storage::list) return of.list_here()[i];
  if (!in.spend(i / 8)) return in.out_of_budget();
  return value::json(of.json_here().at(i));
}

value index_map(const value& of, const value& key, evaluation& in) {
  if (key.get_type() == type::text) {
    const auto name = in.text_of(key);
    if (of.kept_as() == storage::source) return in.paid(member(of, name, in.memory()));
    if (!in.spend(*count(of, in.memory()) / 8)) return in.out_of_budget();
    return member(of, name, in.memory());
  }
  if (of.kept_as() == storage::map) {
    for (const auto& entry : of.map_here()) {
      if (equal(entry.key, key, in.memory(), in.budget())) return entry.content;
    }
    if (!key.is_null()) return no_element(key, in);
  }
  return in.fail(error_kind::wrong_type, {"an object is indexed by a string, not ", describe(key)});
}

value key_in(const value& map, const value& key, evaluation& in) {
  if (key.get_type() != type::text && map.kept_as() != storage::map) return value::boolean(false);
  if (key.is_null()) return value::boolean(false);
  const value found = index_map(map, key, in);
  if (found.is_error()) return found;
  return value::boolean(!found.is_missing());
}

}  // namespace

value select(const value& of, std::string_view name, evaluation& in) {
  if (of.kept_as() == storage::source) return in.paid(member(of, name, in.memory()));
  if (of.kept_as() == storage::json) in.spend(of.json_here().size() / 8);
  if (of.is_error() || of.is_absent() || of.is_map()) return member(of, name, in.memory());
  return in.fail(error_kind::wrong_type,
                 {"'", name, "' is asked of what has no members: ", describe(of)});
}

value index(const value& of, const value& key, evaluation& in) {
  if (of.is_error()) return of;
  if (key.is_error()) return key;
  if (of.is_absent()) return of;
  if (key.is_missing()) return in.fail_absent(key);
  if (of.is_list()) return index_list(of, key, in);
  if (of.is_map()) return index_map(of, key, in);
  return in.fail(error_kind::wrong_type, {"only lists and maps have an index, not ", describe(of)});
}

value contained(const value& wanted, const value& where, evaluation& in) {
  if (where.is_map()) return key_in(where, wanted, in);
  if (!where.is_list()) return wrong_operands(op::in, wanted, where, in);
  for (element_cursor c(where); c; c.advance()) {
    if (equal(wanted, *c, in.memory(), in.budget())) return value::boolean(true);
    if (in.spent()) return in.out_of_budget();
  }
  return value::boolean(false);
}

}  // namespace weir::gateway::expression
