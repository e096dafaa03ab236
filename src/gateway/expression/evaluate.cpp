#include <algorithm>
#include <array>

#include "code.hpp"
#include "operators.hpp"

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
    if (in_.steps != nullptr) *in_.steps += in_.limits.steps - eval_.budget().left();
    return eval_.spent() ? eval_.out_of_budget() : out;
  }

 private:
  value at(std::uint32_t number);
  value kid(const tree_node& node, std::size_t i) { return at(tree_.kid(node, i)); }

  value slot(const tree_node& node) const;
  value has(const tree_node& node);
  value call(const tree_node& node);
  value logical(const tree_node& node, bool decisive);
  value conditional(const tree_node& node);
  value list(const tree_node& node);
  value map(const tree_node& node);
  value macro(const tree_node& node);
  value quantify(const tree_node& node, const value& range);
  value collect(const tree_node& node, const value& range);

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
      return expression::select(kid(node, 0), tree_.names[node.data], eval_);
    case op::index: {
      const value of = kid(node, 0);
      return expression::index(of, kid(node, 1), eval_);
    }
    case op::has:
      return has(node);
    case op::call:
      return call(node);
    case op::logical_not:
    case op::negate:
      return apply(node.what, kid(node, 0), eval_);
    case op::add:
    case op::subtract:
    case op::multiply:
    case op::divide:
    case op::modulo:
    case op::equal:
    case op::unequal:
    case op::less:
    case op::less_equal:
    case op::greater:
    case op::greater_equal:
    case op::in: {
      const value left = kid(node, 0);
      return apply(node.what, left, kid(node, 1), eval_);
    }
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

// Whether the member is there, be it null; of what is null or missing itself nothing is.
value evaluator::has(const tree_node& node) {
  const tree_node& asked = code_.nodes[tree_.kid(node, 0)];
  const value of = kid(asked, 0);
  if (of.is_error()) return of;
  if (of.is_absent()) return value::boolean(false);
  const value found = asked.what == op::select
                          ? expression::select(of, tree_.names[asked.data], eval_)
                          : expression::index(of, kid(asked, 1), eval_);
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
  if (truth_of(left) == truth::neither) return no_truth(node.what, left, eval_);
  if (truth_of(right) == truth::neither) return no_truth(node.what, right, eval_);
  return value::boolean(!decisive);
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
  return no_truth(op::conditional, condition, eval_);
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
      if (t == truth::neither) return no_truth(node.what, verdict, eval_);
      hits += t == truth::yes ? 1 : 0;
      continue;
    }
    if (t == decisive) return verdict;
    if (t == truth::neither && !wrong.is_error()) wrong = no_truth(node.what, verdict, eval_);
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
      if (truth_of(verdict) == truth::neither) return no_truth(node.what, verdict, eval_);
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
