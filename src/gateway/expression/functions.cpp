#include <ctime>

#include "clock_format.hpp"
#include "evaluation.hpp"

namespace weir::gateway::expression {
namespace {

value size_of(const value& v, evaluation& in) {
  if (v.get_type() == type::text) {
    const auto text = in.text_of(v);
    if (!in.spend(text.size() / 64)) return in.out_of_budget();
    std::int64_t points = 0;
    for (const char c : text) points += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return value::integer(points);
  }
  if (v.get_type() == type::bytes)
    return value::integer(static_cast<std::int64_t>(v.text_here().size()));
  const value whole = in.whole(v);
  if (whole.is_error()) return whole;
  return value::integer(static_cast<std::int64_t>(*count(whole, in.memory())));
}

// The least or the greatest; the first of equals. `sign` is 1 for the least.
value extreme(std::span<const value> arguments, int sign, std::string_view name, evaluation& in) {
  value items = arguments.size() == 1 ? arguments[0] : value::list(arguments);
  if (arguments.size() == 1 && !items.is_list()) return items;
  element_cursor c(items);
  if (!c) return in.fail(error_kind::bad_value, {"'", name, "' of an empty list"});
  value best = *c;
  for (; c; c.advance()) {
    const value next = *c;
    if (!in.spend(1)) return in.out_of_budget();
    if (next.is_absent()) return next;
    auto order = compare_numbers(next, best);
    if (!order && next.get_type() == type::text && best.get_type() == type::text) {
      order = in.text_of(next) <=> in.text_of(best);
    }
    if (!order) {
      return in.fail(error_kind::wrong_type,
                     {"'", name, "' cannot compare ", describe(best), " and ", describe(next)});
    }
    if (sign > 0 ? *order < 0 : *order > 0) best = next;
  }
  return best;
}

value clock_text(const value& format_value, evaluation& in) {
  const auto format = in.text_of(format_value);
  if (!is_clock_format(format)) {
    return in.fail(error_kind::bad_value, "'clock' needs a format such as '%H:%M:%S'");
  }
  if (!in.world()) return in.fail(error_kind::bad_value, "there is no clock here");
  char copy[104];
  copy[format.copy(copy, sizeof copy - 1)] = '\0';
  const std::tm now = in.world()->local_time();
  char text[2048];
  // 0 also stands for a result that is rightly empty ('', '%p' in some places).
  const std::size_t length = std::strftime(text, sizeof text, copy, &now);
  if (!in.spend_bytes(length)) return in.out_of_budget();
  return value::text(in.memory().copy({text, length}));
}

}  // namespace

bool is_clock_format(std::string_view format) noexcept {
  constexpr std::string_view conversions = "aAbBCdDeFgGhHIjmMnprRStTuUVwWyYzZ%";
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    ++i;
    if (i == format.size() || conversions.find(format[i]) == std::string_view::npos) return false;
  }
  return format.size() <= 100 && format.find('\0') == std::string_view::npos;
}

value call_function(function f, std::span<const value> arguments, evaluation& in) {
  switch (f) {
    case function::size:
      return size_of(arguments[0], in);
    case function::to_int:
    case function::to_uint:
    case function::to_double:
    case function::to_string:
    case function::to_bool:
    case function::to_bytes:
      return convert(f, arguments[0], in);
    case function::type_of: {
      const type t = arguments[0].get_type();
      if (t == type::missing) return arguments[0];
      return value::of_type(t == type::exact ? type::real : t);
    }
    case function::dyn:
      return arguments[0];
    case function::min:
      return extreme(arguments, 1, "min", in);
    case function::max:
      return extreme(arguments, -1, "max", in);
    case function::clock:
      return clock_text(arguments[0], in);
    default:
      return call_text_function(f, arguments, in);
  }
}

}  // namespace weir::gateway::expression
