#include "operators.hpp"

#include <algorithm>

namespace weir::gateway::expression {
namespace {

using storage = value::storage;

arithmetic arithmetic_of(op what) noexcept {
  switch (what) {
    case op::subtract:
      return arithmetic::subtract;
    case op::multiply:
      return arithmetic::multiply;
    case op::divide:
      return arithmetic::divide;
    case op::modulo:
      return arithmetic::modulo;
    default:
      return arithmetic::add;
  }
}

// An error or a missing value that an operator has to give on.
const value* first_error(const value& a, const value& b, value& made, evaluation& in) {
  if (a.is_error()) return &a;
  if (b.is_error()) return &b;
  if (!a.is_missing() && !b.is_missing()) return nullptr;
  made = in.fail_absent(a.is_missing() ? a : b);
  return &made;
}

// Text, bytes and lists put together; missing if these are none.
value sum_of(const value& a, const value& b, evaluation& in) {
  const type kind = a.get_type();
  if (kind != b.get_type()) return value::missing();
  if (kind == type::text || kind == type::bytes) {
    const auto left = kind == type::text ? in.text_of(a) : a.text_here();
    const auto right = kind == type::text ? in.text_of(b) : b.text_here();
    if (!in.spend_bytes(left.size() + right.size())) return in.out_of_budget();
    auto* const to = static_cast<char*>(in.memory().allocate(left.size() + right.size(), 1));
    left.copy(to, left.size());
    right.copy(to + left.size(), right.size());
    const std::string_view whole(to, left.size() + right.size());
    return kind == type::text ? value::text(whole) : value::bytes(whole);
  }
  if (kind != type::list) return value::missing();
  element_cursor first(a);
  element_cursor second(b);
  const std::size_t size = first.left() + second.left();
  if (!in.spend_bytes(size * sizeof(value)) || !in.spend(size)) return in.out_of_budget();
  const auto whole = in.memory().make_array<value>(size);
  std::size_t i = 0;
  for (; first; first.advance()) whole[i++] = *first;
  for (; second; second.advance()) whole[i++] = *second;
  return value::list(whole);
}

value calculate(op what, const value& a, const value& b, evaluation& in) {
  const arithmetic how = arithmetic_of(what);
  const value left = machine_number(a);
  const value right = machine_number(b);
  if (!is_machine_number(left) || !is_machine_number(right)) {
    if (how == arithmetic::add) {
      const value sum = sum_of(left, right, in);
      if (!sum.is_missing()) return sum;
    }
    return wrong_operands(what, left, right, in);
  }
  const auto out = expression::calculate(how, left, right);
  switch (out.wrong) {
    case fault::none:
      break;
    case fault::overflow:
      return in.fail(error_kind::arithmetic,
                     {"the result of '", spelling(what), "' does not fit into 64 bits"});
    case fault::zero_divisor:
      return in.fail(error_kind::arithmetic,
                     how == arithmetic::modulo ? "modulus by zero" : "division by zero");
    case fault::mixed:
    case fault::real_modulo:
      return wrong_operands(what, left, right, in);
  }
  return out.number;
}

value same(op what, const value& left, const value& right, evaluation& in) {
  const bool is_same = equal(left, right, in.memory(), in.budget());
  if (in.spent()) return in.out_of_budget();
  return value::boolean(is_same == (what == op::equal));
}

value compare(op what, const value& left, const value& right, evaluation& in) {
  auto order = compare_numbers(left, right);
  const type kind = left.get_type();
  if (!order && kind == right.get_type()) {
    if (kind == type::text) {
      const auto a = in.text_of(left);
      const auto b = in.text_of(right);
      if (!in.spend(std::min(a.size(), b.size()) / 64)) return in.out_of_budget();
      order = a <=> b;
    } else if (kind == type::bytes) {
      order = left.text_here() <=> right.text_here();
    } else if (kind == type::boolean) {
      order = left.boolean_here() <=> right.boolean_here();
    }
  }
  if (!order) return wrong_operands(what, left, right, in);
  switch (what) {
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

value negated(const value& operand, evaluation& in) {
  const value of = machine_number(operand);
  if (of.is_error()) return of;
  if (of.is_missing()) return in.fail_absent(of);
  if (of.kept_as() == storage::real) return value::real(-of.real_here());
  if (of.kept_as() != storage::integer) {
    return in.fail(error_kind::wrong_type, {"'-' cannot take ", describe(of)});
  }
  const auto negated = expression::calculate(arithmetic::subtract, value::integer(0), of);
  if (negated.wrong != fault::none) {
    return in.fail(error_kind::arithmetic, "the result does not fit into 64 bits");
  }
  return negated.number;
}

}  // namespace

truth truth_of(const value& v) noexcept {
  if (v.kept_as() != storage::boolean) return truth::neither;
  return v.boolean_here() ? truth::yes : truth::no;
}

value no_truth(op where, const value& v, evaluation& in) {
  if (v.is_error()) return v;
  if (v.is_missing()) return in.fail_absent(v);
  return in.fail(error_kind::wrong_type,
                 {"'", spelling(where), "' needs true or false, not ", describe(v)});
}

value wrong_operands(op what, const value& a, const value& b, evaluation& in) {
  return in.fail(error_kind::wrong_type,
                 {"'", spelling(what), "' cannot take ", describe(a), " and ", describe(b)});
}

value apply(op what, const value& operand, evaluation& in) {
  if (what == op::negate) return negated(operand, in);
  if (truth_of(operand) == truth::neither) return no_truth(what, operand, in);
  return value::boolean(truth_of(operand) == truth::no);
}

value apply(op what, const value& left, const value& right, evaluation& in) {
  value made;
  if (const value* const wrong = first_error(left, right, made, in)) return *wrong;
  switch (what) {
    case op::equal:
    case op::unequal:
      return same(what, left, right, in);
    case op::less:
    case op::less_equal:
    case op::greater:
    case op::greater_equal:
      return compare(what, left, right, in);
    case op::in:
      return contained(left, right, in);
    default:
      return calculate(what, left, right, in);
  }
}

}  // namespace weir::gateway::expression
