#include <algorithm>
#include <limits>

#include "evaluation.hpp"
#include "weir/json/utf8.hpp"

namespace weir::gateway::expression {
namespace {

template <class Change>
value change_letters(std::string_view text, Change change, evaluation& in) {
  if (!in.spend_bytes(text.size())) return in.out_of_budget();
  auto* const to = static_cast<char*>(in.memory().allocate(text.size(), 1));
  std::ranges::transform(text, to, change);
  return value::text({to, text.size()});
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

// Unicode's White_Space, as UTF-8.
constexpr std::string_view spaces[] = {
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
    "\xE3\x80\x80"};

std::string_view trimmed(std::string_view text) noexcept {
  const auto front = [&] {
    return std::ranges::find_if(spaces, [&](auto s) { return text.starts_with(s); });
  };
  const auto back = [&] {
    return std::ranges::find_if(spaces, [&](auto s) { return text.ends_with(s); });
  };
  for (auto s = front(); s != std::end(spaces); s = front()) text.remove_prefix(s->size());
  for (auto s = back(); s != std::end(spaces); s = back()) text.remove_suffix(s->size());
  return text;
}

// Where the next separator lies from `from` on; an empty one stands after each character.
std::size_t next_cut(std::string_view text, std::string_view separator, std::size_t from) noexcept {
  if (!separator.empty()) return text.find(separator, from);
  const std::size_t length = json::utf8_sequence(text.substr(from));
  const std::size_t cut = from + std::max<std::size_t>(1, length);
  return cut < text.size() ? cut : std::string_view::npos;
}

// A limit below 0 is none; 0 gives nothing.
std::size_t limit_of(std::span<const value> arguments, std::size_t i) noexcept {
  if (i >= arguments.size()) return std::numeric_limits<std::size_t>::max();
  const auto limit = machine_number(arguments[i]).as_int64();
  if (!limit || *limit < 0) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(*limit);
}

value split(std::string_view text, std::string_view separator, std::size_t limit, evaluation& in) {
  if (!in.spend(text.size() / 16)) return in.out_of_budget();
  if (limit == 0 || (text.empty() && separator.empty())) return value::list({});
  std::size_t pieces = 1;
  for (std::size_t at = 0; pieces < limit; ++pieces) {
    const std::size_t cut = next_cut(text, separator, at);
    if (cut == std::string_view::npos) break;
    at = cut + separator.size();
  }
  if (!in.spend_bytes(pieces * sizeof(value)) || !in.spend(pieces)) return in.out_of_budget();
  const auto list = in.memory().make_array<value>(pieces);
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < pieces; ++i) {
    const std::size_t cut = next_cut(text, separator, at);
    list[i] = value::text(text.substr(at, cut - at));
    at = cut + separator.size();
  }
  list[pieces - 1] = value::text(text.substr(at));
  return value::list(list);
}

value join(const value& list, std::string_view separator, evaluation& in) {
  std::size_t length = 0;
  for (element_cursor c(list); c; c.advance()) {
    const value element = *c;
    if (element.get_type() != type::text) {
      return in.fail(error_kind::wrong_type,
                     {"'join' needs a list of strings; it holds ", describe(element)});
    }
    // Not longer unescaped than written.
    length += separator.size() + (element.kept_as() == value::storage::json
                                      ? element.json_here().raw().size()
                                      : element.text_here().size());
    if (!in.spend(1)) return in.out_of_budget();
  }
  if (!in.spend_bytes(length)) return in.out_of_budget();
  auto* const to = static_cast<char*>(in.memory().allocate(length, 1));
  std::size_t at = 0;
  bool first = true;
  for (element_cursor c(list); c; c.advance()) {
    if (!first) at += separator.copy(to + at, separator.size());
    first = false;
    const auto piece = in.text_of(*c);
    at += piece.copy(to + at, piece.size());
  }
  return value::text({to, at});
}

// Calls keep(text between) and put() in turn; an empty `what` stands before each character and at
// the end.
template <class Keep, class Put>
void each_replacement(std::string_view text, std::string_view what, std::size_t limit, Keep keep,
                      Put put) {
  std::size_t at = 0;
  std::size_t from = 0;
  for (std::size_t done = 0; done < limit; ++done) {
    const std::size_t found = what.empty() ? from : text.find(what, from);
    if (found == std::string_view::npos || found > text.size()) break;
    keep(text.substr(at, found - at));
    put();
    at = found + what.size();
    from = what.empty() ? at + std::max<std::size_t>(1, json::utf8_sequence(text.substr(at))) : at;
  }
  keep(text.substr(at));
}

value replace(std::string_view text, std::string_view what, std::string_view with,
              std::size_t limit, evaluation& in) {
  if (!in.spend(text.size() / 4)) return in.out_of_budget();
  std::size_t length = 0;
  each_replacement(
      text, what, limit, [&](std::string_view kept) { length += kept.size(); },
      [&] { length += with.size(); });
  if (!in.spend_bytes(length)) return in.out_of_budget();
  auto* const to = static_cast<char*>(in.memory().allocate(length, 1));
  std::size_t at = 0;
  each_replacement(
      text, what, limit, [&](std::string_view kept) { at += kept.copy(to + at, kept.size()); },
      [&] { at += with.copy(to + at, with.size()); });
  return value::text({to, at});
}

value substring(std::string_view text, std::span<const value> arguments, evaluation& in) {
  if (!in.spend(text.size() / 16)) return in.out_of_budget();
  const auto length = static_cast<std::int64_t>(json::utf8_length(text));
  const auto first = machine_number(arguments[1]).as_int64();
  const auto last = arguments.size() > 2 ? machine_number(arguments[2]).as_int64() : length;
  if (!first || !last || *first < 0 || *last > length || *first > *last) {
    return in.fail(error_kind::bad_value, "'substring' reaches beyond the text");
  }
  const auto begin = json::utf8_offset(text, static_cast<std::size_t>(*first));
  const auto end = json::utf8_offset(text, static_cast<std::size_t>(*last));
  return value::text(text.substr(begin, end - begin));
}

}  // namespace

value call_text_function(function f, std::span<const value> arguments, evaluation& in) {
  if (f == function::join) {
    return join(arguments[0], arguments.size() > 1 ? in.text_of(arguments[1]) : std::string_view(),
                in);
  }
  const auto text = in.text_of(arguments[0]);
  const auto text_at = [&](std::size_t i) { return in.text_of(arguments[i]); };
  if (!in.spend(text.size() / 64)) return in.out_of_budget();
  switch (f) {
    case function::contains: {
      const auto wanted = text_at(1);
      // memmem's worst case is the product of both lengths.
      if (!in.spend(text.size() / 64 * (wanted.size() / 64))) return in.out_of_budget();
      return value::boolean(text.find(wanted) != std::string_view::npos);
    }
    case function::starts_with:
      return value::boolean(text.starts_with(text_at(1)));
    case function::ends_with:
      return value::boolean(text.ends_with(text_at(1)));
    case function::lower_ascii:
      return change_letters(text, lower, in);
    case function::upper_ascii:
      return change_letters(text, upper, in);
    case function::trim:
      return value::text(trimmed(text));
    case function::split:
      return split(text, text_at(1), limit_of(arguments, 2), in);
    case function::replace:
      return replace(text, text_at(1), text_at(2), limit_of(arguments, 3), in);
    case function::substring:
      return substring(text, arguments, in);
    default:
      return in.fail(error_kind::wrong_type, "no such function");
  }
}

}  // namespace weir::gateway::expression
