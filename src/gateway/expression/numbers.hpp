#pragma once

#include <compare>
#include <optional>
#include <string_view>

#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {

// A number of a document turned into one of the machine's kinds, if it fits into one; anything else
// as it is. JSON does not say which kind a number is: digits alone are an int, or a uint if only
// that holds them; with a fraction or an exponent it is a double.
value machine_number(const value& of) noexcept;

inline bool is_machine_number(const value& v) noexcept {
  return v.kept_as() == value::storage::integer || v.kept_as() == value::storage::uinteger ||
         v.kept_as() == value::storage::real;
}

// Numbers of all kinds on one line, as CEL compares them: 1 == 1u == 1.0. Nothing if one of them is
// no number. Exact ones are compared by their digits.
std::optional<std::partial_ordering> compare_numbers(const value& a, const value& b) noexcept;

// Two numbers in JSON's notation compared without loss.
std::strong_ordering compare_decimals(std::string_view a, std::string_view b) noexcept;

enum class arithmetic : std::uint8_t { add, subtract, multiply, divide, modulo };

enum class fault : std::uint8_t { none, mixed, overflow, zero_divisor, real_modulo };

struct arithmetic_result {
  value number;
  fault wrong = fault::none;
};

// Both must be machine numbers. int with int and uint with uint are exact or overflow; where one is
// a double the other becomes one, because JSON writes the double 2.0 as 2; int with uint is
// refused, as in CEL.
arithmetic_result calculate(arithmetic how, const value& a, const value& b) noexcept;

}  // namespace weir::gateway::expression
