#pragma once

#include <cstdint>
#include <string_view>

#include "evaluation.hpp"
#include "tree.hpp"

namespace weir::gateway::expression {

enum class truth : std::uint8_t { no, yes, neither };

truth truth_of(const value& v) noexcept;
// The error for a value that had to be true or false: its own, if it is one.
value no_truth(op where, const value& v, evaluation& in);

// Operators over values. Errors pass through; what is missing is an error of the operator, except
// for select and index.
value select(const value& of, std::string_view name, evaluation& in);
value index(const value& of, const value& key, evaluation& in);
value contained(const value& wanted, const value& where, evaluation& in);
value apply(op what, const value& operand, evaluation& in);
value apply(op what, const value& left, const value& right, evaluation& in);

// "'+' cannot take null and int".
value wrong_operands(op what, const value& a, const value& b, evaluation& in);

}  // namespace weir::gateway::expression
