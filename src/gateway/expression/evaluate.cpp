#include <algorithm>
#include <cmath>

#include "evaluator.hpp"

namespace weir::gateway::expression {
namespace {

using storage = value::storage;

// Walks the tree. One for each evaluation, on the stack.
class evaluator {
 public:
  evaluator(const code& of, const frame& in) noexcept
      : code_(of), tree_(*of.of), in_(in), eval_(in) {}

  value run() {
    const value out = at(tree_.root);
    return eval_.spent() ? eval_.out_of_budget() : out;
  }

 private:
  enum class truth : std::uint8_t { no, yes, neither };

  value at(std::uint32_t number);
  value kid(const tree_node& node, std::size_t i) { return at(tree_.kid(node, i)); }

  value slot(const tree_node& node) const;
  value select(const tree_node& node, const value& of);
  value index(const tree_node& node, const value& of);
  value has(const tree_node& node);
  value call(const tree_node& node);
  value logical(const tree_node& node, bool decisive);
  value logical_not(const tree_node& node);
  value negate(const tree_node& node);
  value calculate(const tree_node& node, arithmetic how);
  value add(const value& a, const value& b);
  value compare(const tree_node& node);
  value same(const tree_node& node);
  value contained(const tree_node& node);
  value conditional(const tree_node& node);
  value list(const tree_node& node);
  value map(const tree_node& node);
  value quantify(const tree_node& node, const value& range);
  value collect(const tree_node& node, const value& range);
  value macro(const tree_node& node);

  value index_list(const value& of, const value& key);
  value index_map(const value& of, const value& key);
  value key_in(const value& map, const value& key);
  value wrong_operands(const tree_node& node, const value& a, const value& b);
  truth truth_of(const value& v) const noexcept;
  value no_truth(std::string_view where, const value& v);
  // An error or a missing value that an operator has to give on.
  const value* first_error(const value& a, const value& b, value& made);

  const code& code_;
  const tree& tree_;
  const frame& in_;
  evaluation eval_;
  std::array<value, most_locals> locals_{};
};

value evaluator::at(std::uint32_t number) {
  if (!eval_.spend(1)) return eval_.out_of_budget();
  const tree_node& node = code_.nodes[number];
  switch (node.what) {
    case op::literal:
      return tree_.constants[node.data];
    case op::name:
      return value::missing(tree_.names[node.data]);
    case op::slot:
      return slot(node);
    case op::local:
      return locals_[node.data];
    case op::type_name:
      return value::of_type(static_cast<type>(node.data));
    case op::select:
      return select(node, kid(node, 0));
    case op::index:
      return index(node, kid(node, 0));
    case op::has:
      return has(node);
    case op::call:
      return call(node);
    case op::logical_not:
      return logical_not(node);
    case op::negate:
      return negate(node);
    case op::add:
      return calculate(node, arithmetic::add);
    case op::subtract:
      return calculate(node, arithmetic::subtract);
    case op::multiply:
      return calculate(node, arithmetic::multiply);
    case op::divide:
      return calculate(node, arithmetic::divide);
    case op::modulo:
      return calculate(node, arithmetic::modulo);
    case op::equal:
    case op::unequal:
      return same(node);
    case op::less:
    case op::less_equal:
    case op::greater:
    case op::greater_equal:
      return compare(node);
    case op::in:
      return contained(node);
    case op::logical_and:
      return logical(node, false);
    case op::logical_or:
      return logical(node, true);
    case op::conditional:
      return conditional(node);
    case op::coalesce: {
      const value first = kid(node, 0);
      return first.is_absent() ? kid(node, 1) : first;
    }
    case op::list:
      return list(node);
    case op::map:
      return map(node);
    case op::all:
    case op::exists:
    case op::exists_one:
    case op::filter:
    case op::transform:
    case op::filter_transform:
      return macro(node);
  }
  return value::null();
}

value evaluator::slot(const tree_node& node) const {
  if (node.data < in_.slots.size()) return in_.slots[node.data];
  return value::missing();
}

evaluator::truth evaluator::truth_of(const value& v) const noexcept {
  if (v.kept_as() != storage::boolean) return truth::neither;
  return v.boolean_here() ? truth::yes : truth::no;
}

value evaluator::no_truth(std::string_view where, const value& v) {
  if (v.is_error()) return v;
  if (v.is_missing()) return eval_.fail_absent(v);
  return eval_.fail(error_kind::wrong_type,
                    {"'", where, "' needs true or false, not ", describe(v)});
}

const value* evaluator::first_error(const value& a, const value& b, value& made) {
  if (a.is_error()) return &a;
  if (b.is_error()) return &b;
  if (!a.is_missing() && !b.is_missing()) return nullptr;
  made = eval_.fail_absent(a.is_missing() ? a : b);
  return &made;
}

value evaluator::wrong_operands(const tree_node& node, const value& a, const value& b) {
  return eval_.fail(error_kind::wrong_type, {"'", spelling(node.what), "' cannot take ",
                                             describe(a), " and ", describe(b)});
}

value evaluator::select(const tree_node& node, const value& of) {
  const auto name = tree_.names[node.data];
  if (of.kept_as() == storage::source) return eval_.paid(member(of, name, eval_.memory()));
  if (of.kept_as() == storage::json) eval_.spend(of.json_here().size() / 8);
  if (of.is_error() || of.is_absent() || of.is_map()) return member(of, name, eval_.memory());
  return eval_.fail(error_kind::wrong_type,
                    {"'", name, "' is asked of what has no members: ", describe(of)});
}

value evaluator::index(const tree_node& node, const value& of) {
  if (of.is_error()) return of;
  const value key = kid(node, 1);
  if (key.is_error()) return key;
  if (of.is_absent()) return of;
  if (key.is_missing()) return eval_.fail_absent(key);
  if (of.is_list()) return index_list(of, key);
  if (of.is_map()) return index_map(of, key);
  return eval_.fail(error_kind::wrong_type,
                    {"only lists and maps have an index, not ", describe(of)});
}

value evaluator::index_list(const value& of, const value& key) {
  const value number = machine_number(key);
  std::optional<std::int64_t> position = number.as_int64();
  if (number.kept_as() == storage::real) {
    const double real = number.real_here();
    if (std::trunc(real) == real && std::abs(real) < 0x1p53)
      position = static_cast<std::int64_t>(real);
  }
  if (number.kept_as() == storage::uinteger && !position) return value::missing();
  if (!position) {
    return eval_.fail(error_kind::wrong_type,
                      {"a list is indexed by a whole number, not ", describe(key)});
  }
  if (*position < 0) return value::missing();
  const auto i = static_cast<std::size_t>(*position);
  if (of.kept_as() == storage::list) {
    return i < of.list_here().size() ? of.list_here()[i] : value::missing();
  }
  if (!eval_.spend(std::min(i, of.json_here().size()) / 8)) return eval_.out_of_budget();
  return value::json(of.json_here().at(i));
}

value evaluator::index_map(const value& of, const value& key) {
  if (key.get_type() == type::text) {
    const auto name = eval_.text_of(key);
    if (of.kept_as() == storage::source) return eval_.paid(member(of, name, eval_.memory()));
    if (!eval_.spend(*count(of, eval_.memory()) / 8)) return eval_.out_of_budget();
    return member(of, name, eval_.memory());
  }
  if (of.kept_as() == storage::map) {
    for (const auto& entry : of.map_here()) {
      if (equal(entry.key, key, eval_.memory(), eval_.budget())) return entry.content;
    }
    if (key.kept_as() != storage::null) return value::missing();
  }
  return eval_.fail(error_kind::wrong_type,
                    {"an object is indexed by a string, not ", describe(key)});
}

// Whether the member is there, be it null; of what is null or missing itself nothing is.
value evaluator::has(const tree_node& node) {
  const tree_node& asked = code_.nodes[tree_.kid(node, 0)];
  const value of = kid(asked, 0);
  if (of.is_error()) return of;
  if (of.is_absent()) return value::boolean(false);
  const value found = asked.what == op::select ? select(asked, of) : index(asked, of);
  if (found.is_error()) return found;
  return value::boolean(!found.is_missing());
}

value evaluator::call(const tree_node& node) {
  const auto& called = signature_of(static_cast<function>(node.data));
  std::array<value, 4> few;
  std::span<value> arguments(few.data(), std::min<std::size_t>(node.kid_count, few.size()));
  if (node.kid_count > few.size()) {
    if (!eval_.spend_bytes(node.kid_count * sizeof(value))) return eval_.out_of_budget();
    arguments = eval_.memory().make_array<value>(node.kid_count);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    arguments[i] = kid(node, i);
    if (arguments[i].is_error()) return arguments[i];
  }
  if (passes_absent(called.id)) {
    for (const auto& v : arguments) {
      if (v.is_missing()) return v;
    }
    for (const auto& v : arguments) {
      if (v.is_null()) return v;
    }
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if ((parameter(called, i) & bit(arguments[i].get_type())) == 0) {
      return eval_.fail(error_kind::wrong_type,
                        {"'", called.name, "' cannot take ", describe(arguments[i])});
    }
  }
  return call_function(called.id, arguments, eval_);
}

// && and || give the answer if either side alone decides it, whatever the other one is.
value evaluator::logical(const tree_node& node, bool decisive) {
  const value left = kid(node, 0);
  const truth wanted = decisive ? truth::yes : truth::no;
  if (truth_of(left) == wanted) return left;
  const value right = kid(node, 1);
  if (eval_.spent()) return eval_.out_of_budget();
  if (truth_of(right) == wanted) return right;
  if (truth_of(left) == truth::neither) return no_truth(spelling(node.what), left);
  if (truth_of(right) == truth::neither) return no_truth(spelling(node.what), right);
  return value::boolean(!decisive);
}

value evaluator::logical_not(const tree_node& node) {
  const value of = kid(node, 0);
  if (truth_of(of) == truth::neither) return no_truth("!", of);
  return value::boolean(truth_of(of) == truth::no);
}

value evaluator::negate(const tree_node& node) {
  const value of = machine_number(kid(node, 0));
  if (of.is_error()) return of;
  if (of.is_missing()) return eval_.fail_absent(of);
  if (of.kept_as() == storage::real) return value::real(-of.real_here());
  if (of.kept_as() != storage::integer) {
    return eval_.fail(error_kind::wrong_type, {"'-' cannot take ", describe(of)});
  }
  const auto negated = expression::calculate(arithmetic::subtract, value::integer(0), of);
  if (negated.wrong != fault::none) {
    return eval_.fail(error_kind::arithmetic, "the result does not fit into 64 bits");
  }
  return negated.number;
}

value evaluator::calculate(const tree_node& node, arithmetic how) {
  const value left = machine_number(kid(node, 0));
  const value right = machine_number(kid(node, 1));
  value made;
  if (const value* wrong = first_error(left, right, made)) return *wrong;
  if (!is_machine_number(left) || !is_machine_number(right)) {
    if (how == arithmetic::add) {
      const value sum = add(left, right);
      if (!sum.is_missing()) return sum;
    }
    return wrong_operands(node, left, right);
  }
  const auto out = expression::calculate(how, left, right);
  switch (out.wrong) {
    case fault::none:
      break;
    case fault::overflow:
      return eval_.fail(error_kind::arithmetic,
                        {"the result of '", spelling(node.what), "' does not fit into 64 bits"});
    case fault::zero_divisor:
      return eval_.fail(error_kind::arithmetic,
                        how == arithmetic::modulo ? "modulus by zero" : "division by zero");
    case fault::mixed:
    case fault::real_modulo:
      return wrong_operands(node, left, right);
  }
  return out.number;
}

// Text, bytes and lists put together; missing if these are none.
value evaluator::add(const value& a, const value& b) {
  const type kind = a.get_type();
  if (kind != b.get_type()) return value::missing();
  if (kind == type::text || kind == type::bytes) {
    const auto left = kind == type::text ? eval_.text_of(a) : a.text_here();
    const auto right = kind == type::text ? eval_.text_of(b) : b.text_here();
    if (!eval_.spend_bytes(left.size() + right.size())) return eval_.out_of_budget();
    auto* const to = static_cast<char*>(eval_.memory().allocate(left.size() + right.size(), 1));
    left.copy(to, left.size());
    right.copy(to + left.size(), right.size());
    const std::string_view whole(to, left.size() + right.size());
    return kind == type::text ? value::text(whole) : value::bytes(whole);
  }
  if (kind != type::list) return value::missing();
  element_cursor first(a);
  element_cursor second(b);
  const std::size_t size = first.left() + second.left();
  if (!eval_.spend_bytes(size * sizeof(value)) || !eval_.spend(size)) return eval_.out_of_budget();
  const auto whole = eval_.memory().make_array<value>(size);
  std::size_t i = 0;
  for (; first; first.advance()) whole[i++] = *first;
  for (; second; second.advance()) whole[i++] = *second;
  return value::list(whole);
}

value evaluator::same(const tree_node& node) {
  const value left = kid(node, 0);
  const value right = kid(node, 1);
  value made;
  if (const value* wrong = first_error(left, right, made)) return *wrong;
  const bool is_same = equal(left, right, eval_.memory(), eval_.budget());
  if (eval_.spent()) return eval_.out_of_budget();
  return value::boolean(is_same == (node.what == op::equal));
}

value evaluator::compare(const tree_node& node) {
  const value left = kid(node, 0);
  const value right = kid(node, 1);
  value made;
  if (const value* wrong = first_error(left, right, made)) return *wrong;
  auto order = compare_numbers(left, right);
  const type kind = left.get_type();
  if (!order && kind == right.get_type()) {
    if (kind == type::text) {
      const auto a = eval_.text_of(left);
      const auto b = eval_.text_of(right);
      if (!eval_.spend(std::min(a.size(), b.size()) / 64)) return eval_.out_of_budget();
      order = a <=> b;
    } else if (kind == type::bytes) {
      order = left.text_here() <=> right.text_here();
    } else if (kind == type::boolean) {
      order = left.boolean_here() <=> right.boolean_here();
    }
  }
  if (!order) return wrong_operands(node, left, right);
  switch (node.what) {
    case op::less:
      return value::boolean(*order < 0);
    case op::less_equal:
      return value::boolean(*order <= 0);
    case op::greater:
      return value::boolean(*order > 0);
    default:
      return value::boolean(*order >= 0);
  }
}

value evaluator::contained(const tree_node& node) {
  const value wanted = kid(node, 0);
  const value where = kid(node, 1);
  value made;
  if (const value* wrong = first_error(wanted, where, made)) return *wrong;
  if (where.is_map()) return key_in(where, wanted);
  if (!where.is_list()) return wrong_operands(node, wanted, where);
  for (element_cursor c(where); c; c.advance()) {
    if (equal(wanted, *c, eval_.memory(), eval_.budget())) return value::boolean(true);
    if (eval_.spent()) return eval_.out_of_budget();
  }
  return value::boolean(false);
}

value evaluator::key_in(const value& map, const value& key) {
  if (key.get_type() != type::text && map.kept_as() != storage::map) return value::boolean(false);
  if (key.is_null()) return value::boolean(false);
  const value found = index_map(map, key);
  if (found.is_error()) return found;
  return value::boolean(!found.is_missing());
}

value evaluator::conditional(const tree_node& node) {
  const value condition = kid(node, 0);
  switch (truth_of(condition)) {
    case truth::yes:
      return kid(node, 1);
    case truth::no:
      return kid(node, 2);
    case truth::neither:
      break;
  }
  return no_truth("?:", condition);
}

value evaluator::list(const tree_node& node) {
  if (!eval_.spend_bytes(node.kid_count * sizeof(value))) return eval_.out_of_budget();
  const auto elements = eval_.memory().make_array<value>(node.kid_count);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements[i] = kid(node, i);
    if (elements[i].is_error()) return elements[i];
  }
  return value::list(elements);
}

value evaluator::map(const tree_node& node) {
  const std::size_t size = node.kid_count / 2;
  if (!eval_.spend_bytes(size * sizeof(map_entry))) return eval_.out_of_budget();
  const auto entries = eval_.memory().make_array<map_entry>(size);
  for (std::size_t i = 0; i < size; ++i) {
    const value key = machine_number(kid(node, 2 * i));
    if (key.is_error()) return key;
    if (key.is_missing()) return eval_.fail_absent(key);
    constexpr type_set allowed =
        bit(type::text) | bit(type::integer) | bit(type::uinteger) | bit(type::boolean);
    if ((bit(key.get_type()) & allowed) == 0) {
      return eval_.fail(error_kind::wrong_type,
                        {"a key is a string, an int, a uint or a bool, not ", describe(key)});
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (equal(entries[j].key, key, eval_.memory(), eval_.budget())) {
        return eval_.fail(error_kind::bad_value, "a key stands twice in one map");
      }
    }
    entries[i] = {key, kid(node, 2 * i + 1)};
    if (entries[i].content.is_error()) return entries[i].content;
  }
  return value::map(entries);
}

value evaluator::macro(const tree_node& node) {
  value range = eval_.whole(kid(node, 0));
  if (range.is_error() || range.is_absent()) return range;
  if (range.is_map()) {
    // Macros go over the keys of a map.
    entry_cursor c(range, eval_.memory());
    if (!eval_.spend_bytes(c.left() * sizeof(value))) return eval_.out_of_budget();
    const auto keys = eval_.memory().make_array<value>(c.left());
    for (std::size_t i = 0; c; c.advance()) keys[i++] = c.key();
    range = value::list(keys);
  } else if (!range.is_list()) {
    return eval_.fail(
        error_kind::wrong_type,
        {"'", spelling(node.what), "' goes over a list or a map, not ", describe(range)});
  }
  const bool collects =
      node.what == op::filter || node.what == op::transform || node.what == op::filter_transform;
  return collects ? collect(node, range) : quantify(node, range);
}

// all and exists are && and || over the elements: one that decides makes up for errors before it.
value evaluator::quantify(const tree_node& node, const value& range) {
  const truth decisive = node.what == op::all ? truth::no : truth::yes;
  value wrong;
  std::size_t hits = 0;
  for (element_cursor c(range); c; c.advance()) {
    locals_[node.data] = *c;
    const value verdict = kid(node, 1);
    if (eval_.spent()) return eval_.out_of_budget();
    const truth t = truth_of(verdict);
    if (node.what == op::exists_one) {
      if (t == truth::neither) return no_truth(spelling(node.what), verdict);
      hits += t == truth::yes ? 1 : 0;
      continue;
    }
    if (t == decisive) return verdict;
    if (t == truth::neither && !wrong.is_error()) wrong = no_truth(spelling(node.what), verdict);
  }
  if (node.what == op::exists_one) return value::boolean(hits == 1);
  return wrong.is_error() ? wrong : value::boolean(node.what == op::all);
}

value evaluator::collect(const tree_node& node, const value& range) {
  element_cursor c(range);
  if (!eval_.spend_bytes(c.left() * sizeof(value))) return eval_.out_of_budget();
  const auto kept = eval_.memory().make_array<value>(c.left());
  std::size_t size = 0;
  for (; c; c.advance()) {
    const value element = *c;
    locals_[node.data] = element;
    if (node.what != op::transform) {
      const value verdict = kid(node, 1);
      if (eval_.spent()) return eval_.out_of_budget();
      if (truth_of(verdict) == truth::neither) return no_truth(spelling(node.what), verdict);
      if (truth_of(verdict) == truth::no) continue;
    }
    kept[size] = node.what == op::filter ? element : kid(node, node.kid_count - 1u);
    if (eval_.spent()) return eval_.out_of_budget();
    if (kept[size].is_error()) return kept[size];
    ++size;
  }
  return value::list(kept.first(size));
}

}  // namespace

value program::evaluate(const frame& in) const {
  if (!code_) return value::null();
  return evaluator(*code_, in).run();
}

}  // namespace weir::gateway::expression
