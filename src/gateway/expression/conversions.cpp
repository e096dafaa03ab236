#include <charconv>
#include <cmath>

#include "evaluation.hpp"
#include "weir/gateway/expression/output.hpp"
#include "weir/json/utf8.hpp"

namespace weir::gateway::expression {
namespace {

using storage = value::storage;

template <class Number>
std::optional<Number> read_whole(std::string_view text) noexcept {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

value cannot(std::string_view target, const value& of, evaluation& in) {
  if (of.get_type() == type::text) {
    return in.fail(error_kind::bad_value,
                   {"'", json::utf8_front(in.text_of(of), 40), "' cannot be read as ", target});
  }
  const std::string_view which = of.get_type() == type::exact ? "" : "this ";
  return in.fail(error_kind::bad_value, {which, describe(of), " does not fit into ", target});
}

value to_int(const value& of, evaluation& in) {
  if (of.get_type() == type::text) {
    const auto number = read_whole<std::int64_t>(in.text_of(of));
    return number ? value::integer(*number) : cannot("int", of, in);
  }
  const value number = machine_number(of);
  if (const auto whole = number.as_int64()) return value::integer(*whole);
  if (number.kept_as() == storage::real) {
    // Both bounds of int64 as doubles lie outside what may be cast; CEL excludes them too.
    const double real = number.real_here();
    if (real > -0x1p63 && real < 0x1p63) return value::integer(static_cast<std::int64_t>(real));
  }
  return cannot("int", of, in);
}

value to_uint(const value& of, evaluation& in) {
  if (of.get_type() == type::text) {
    const auto number = read_whole<std::uint64_t>(in.text_of(of));
    return number ? value::uinteger(*number) : cannot("uint", of, in);
  }
  const value number = machine_number(of);
  if (number.kept_as() == storage::uinteger) return number;
  if (number.kept_as() == storage::integer && number.integer_here() >= 0) {
    return value::uinteger(static_cast<std::uint64_t>(number.integer_here()));
  }
  if (number.kept_as() == storage::real) {
    const double real = number.real_here();
    if (real >= 0 && real < 0x1p64) return value::uinteger(static_cast<std::uint64_t>(real));
  }
  return cannot("uint", of, in);
}

value to_double(const value& of, evaluation& in) {
  if (of.get_type() == type::text) {
    auto text = in.text_of(of);
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole && !text.empty() ? value::real(number) : cannot("double", of, in);
  }
  const auto number = of.as_double();
  return number ? value::real(*number) : cannot("double", of, in);
}

value to_bool(const value& of, evaluation& in) {
  if (of.kept_as() == storage::boolean) return of;
  const auto text = in.text_of(of);
  for (const auto yes : {"1", "t", "true", "TRUE", "True"}) {
    if (text == yes) return value::boolean(true);
  }
  for (const auto no : {"0", "f", "false", "FALSE", "False"}) {
    if (text == no) return value::boolean(false);
  }
  return cannot("bool", of, in);
}

value to_text_of(const value& of, evaluation& in) {
  constexpr std::size_t longest_scalar = 32;
  const std::size_t work = of.kept_as() == storage::bytes ? of.text_here().size() / 16 : 0;
  if (!in.spend(work) || !in.spend_bytes(longest_scalar)) return in.out_of_budget();
  return to_text(of, in.memory());
}

}  // namespace

value convert(function f, const value& of, evaluation& in) {
  switch (f) {
    case function::to_int:
      return to_int(of, in);
    case function::to_uint:
      return to_uint(of, in);
    case function::to_double:
      return to_double(of, in);
    case function::to_bool:
      return to_bool(of, in);
    case function::to_bytes:
      return of.get_type() == type::bytes ? of : value::bytes(in.text_of(of));
    default:
      return to_text_of(of, in);
  }
}

}  // namespace weir::gateway::expression
