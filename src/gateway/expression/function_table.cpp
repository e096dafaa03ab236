#include "function_table.hpp"

#include <algorithm>

namespace weir::gateway::expression {
namespace {

constexpr type_set text = bit(type::text);
constexpr type_set list = bit(type::list);
constexpr type_set whole = bit(type::integer) | bit(type::uinteger);
constexpr type_set integer = bit(type::integer);
constexpr type_set boolean = bit(type::boolean);
constexpr type_set bytes = bit(type::bytes);
constexpr type_set sized = text | bytes | list | bit(type::map);
constexpr type_set parsed = text | numbers;
constexpr std::uint16_t many = 1000;

// In the order of `function`.
constexpr signature table[] = {
    {function::size, "size", true, true, 1, 1, {sized}, integer},
    {function::contains, "contains", false, true, 2, 2, {text, text}, boolean},
    {function::starts_with, "startsWith", false, true, 2, 2, {text, text}, boolean},
    {function::ends_with, "endsWith", false, true, 2, 2, {text, text}, boolean},
    {function::lower_ascii, "lowerAscii", false, true, 1, 1, {text}, text},
    {function::upper_ascii, "upperAscii", false, true, 1, 1, {text}, text},
    {function::trim, "trim", false, true, 1, 1, {text}, text},
    {function::split, "split", false, true, 2, 3, {text, text, whole}, list},
    {function::join, "join", false, true, 1, 2, {list, text}, text},
    {function::replace, "replace", false, true, 3, 4, {text, text, text, whole}, text},
    {function::substring, "substring", false, true, 2, 3, {text, whole, whole}, text},
    {function::to_int, "int", true, false, 1, 1, {parsed}, integer},
    {function::to_uint, "uint", true, false, 1, 1, {parsed}, bit(type::uinteger)},
    {function::to_double, "double", true, false, 1, 1, {parsed}, bit(type::real)},
    {function::to_string, "string", true, false, 1, 1, {parsed | boolean | bytes}, text},
    {function::to_bool, "bool", true, false, 1, 1, {text | boolean}, boolean},
    {function::to_bytes, "bytes", true, false, 1, 1, {text | bytes}, bytes},
    {function::type_of, "type", true, false, 1, 1, {anything}, bit(type::type)},
    {function::dyn, "dyn", true, false, 1, 1, {anything}, anything},
    {function::min,
     "min",
     true,
     false,
     1,
     many,
     {numbers | text | list, numbers | text},
     numbers | text},
    {function::max,
     "max",
     true,
     false,
     1,
     many,
     {numbers | text | list, numbers | text},
     numbers | text},
    {function::clock, "clock", true, false, 1, 1, {text}, text},
};

}  // namespace

std::span<const signature> all_functions() noexcept {
  return table;
}

const signature& signature_of(function f) noexcept {
  return table[static_cast<std::size_t>(f)];
}

type_set parameter(const signature& of, std::size_t i) noexcept {
  i = std::min(i, std::size(of.takes) - 1);
  while (i > 0 && of.takes[i] == 0) --i;
  return of.takes[i];
}

const signature* find_function(std::string_view name) noexcept {
  const auto found = std::ranges::find(table, name, &signature::name);
  return found == std::end(table) ? nullptr : found;
}

}  // namespace weir::gateway::expression
