#include "weir/json/value.hpp"

#include <charconv>
#include <cstring>

#include "unescape.hpp"

namespace weir::json {
namespace {

// Whether a number that no double holds is so because it is too small: the power of ten of its
// first digit that is not 0 is negative.
bool vanishes(std::string_view number) noexcept {
  std::int64_t exponent = 0;
  const auto e = number.find_first_of("eE");
  if (e != std::string_view::npos) {
    auto digits = number.substr(e + 1);
    const bool negative = digits[0] == '-';
    if (digits[0] == '-' || digits[0] == '+') digits.remove_prefix(1);
    for (const char c : digits) {
      if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (c - '0');
    }
    if (negative) exponent = -exponent;
    number = number.substr(0, e);
  }
  if (number[0] == '-') number.remove_prefix(1);
  const auto point = number.find('.');
  const auto whole = number.substr(0, point);
  if (whole != "0") return exponent + static_cast<std::int64_t>(whole.size()) < 0;
  if (point == std::string_view::npos) return true;
  const auto zeros = number.substr(point + 1).find_first_not_of('0');
  return zeros == std::string_view::npos || exponent - static_cast<std::int64_t>(zeros) < 0;
}

}  // namespace

std::string_view to_string(kind k) noexcept {
  switch (k) {
    case kind::null:
      return "null";
    case kind::boolean:
      return "boolean";
    case kind::number:
      return "number";
    case kind::string:
      return "string";
    case kind::array:
      return "array";
    case kind::object:
      return "object";
  }
  return "unknown";
}

value value::find(std::string_view name) const noexcept {
  if (!is(kind::object)) return {};
  const node* const nodes = document_->nodes;
  const char* const text = document_->text.data();
  std::uint32_t found = 0;  // the root is nobody's member
  for (std::uint32_t at = index_ + 1; at < here().next; at = nodes[at + 1].next) {
    const node& key = nodes[at];
    if (key.info & node::escaped) {
      if (value(*document_, at).equals(name)) found = at + 1;
    } else if (key.end - key.begin - 2 == name.size() &&
               std::memcmp(text + key.begin + 1, name.data(), name.size()) == 0) {
      found = at + 1;
    }
  }
  return found ? value(*document_, found) : value();
}

value value::at(std::size_t i) const noexcept {
  if (!is(kind::array) || i >= size()) return {};
  const std::uint32_t first = index_ + 1;
  // Scalars alone: they lie side by side.
  if (here().next - first == here().children()) {
    return {*document_, first + static_cast<std::uint32_t>(i)};
  }
  std::uint32_t at = first;
  while (i-- > 0) at = document_->nodes[at].next;
  return {*document_, at};
}

std::optional<bool> value::as_bool() const noexcept {
  if (!is(kind::boolean)) return std::nullopt;
  return document_->text[here().begin] == 't';
}

std::optional<std::int64_t> value::as_int64() const noexcept {
  if (!is_integer_literal()) return std::nullopt;
  const auto digits = raw();
  std::int64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> value::as_uint64() const noexcept {
  if (!is_integer_literal()) return std::nullopt;
  const auto digits = raw();
  if (digits == "-0") return 0;
  std::uint64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

std::optional<double> value::as_double() const noexcept {
  if (!is(kind::number)) return std::nullopt;
  return nearest_double(raw());
}

std::optional<double> nearest_double(std::string_view digits) noexcept {
  double number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec == std::errc()) return number;
  if (vanishes(digits)) return digits[0] == '-' ? -0.0 : 0.0;
  return std::nullopt;
}

std::optional<std::string_view> value::as_string(arena& memory) const {
  if (!is(kind::string)) return std::nullopt;
  const auto quoted = raw();
  const auto inner = quoted.substr(1, quoted.size() - 2);
  if (!has_escapes()) return inner;
  // No escape is shorter than what it stands for.
  auto* const to = static_cast<char*>(memory.allocate(inner.size(), 1));
  std::size_t length = 0;
  for (unescaper walk(inner); !walk.done();) {
    const auto piece = walk.next();
    std::memcpy(to + length, piece.data(), piece.size());
    length += piece.size();
  }
  return std::string_view(to, length);
}

bool value::equals(std::string_view text) const noexcept {
  if (!is(kind::string)) return false;
  const auto quoted = raw();
  const auto inner = quoted.substr(1, quoted.size() - 2);
  if (!has_escapes()) return inner == text;
  for (unescaper walk(inner); !walk.done();) {
    const auto piece = walk.next();
    if (!text.starts_with(piece)) return false;
    text.remove_prefix(piece.size());
  }
  return text.empty();
}

}  // namespace weir::json
