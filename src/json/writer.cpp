#include "weir/json/writer.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "weir/json/utf8.hpp"

namespace weir::json {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Whether one of eight bytes cannot be copied as it is: a control character, a quote, a backslash
// or anything beyond ASCII. The zero-byte test of each comparison is exact as long as no byte has
// its top bit set, and those are caught by the last term.
bool needs_care(std::uint64_t eight) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t tops = 0x8080808080808080u;
  const std::uint64_t quote = eight ^ (ones * '"');
  const std::uint64_t slash = eight ^ (ones * '\\');
  return (((eight - ones * 0x20) | (quote - ones) | (slash - ones) | eight) & tops) != 0;
}

std::size_t plain_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (text.size() - at >= 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + at, 8);
    if (needs_care(eight)) break;
    at += 8;
  }
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
    ++at;
  }
  return at;
}

void append_escape(std::string& to, char c) {
  switch (c) {
    case '"':
      to += "\\\"";
      return;
    case '\\':
      to += "\\\\";
      return;
    case '\b':
      to += "\\b";
      return;
    case '\f':
      to += "\\f";
      return;
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    default:
      break;
  }
  constexpr char hex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  to += "\\u00";
  to += hex[byte >> 4];
  to += hex[byte & 15];
}

template <class Integer>
void append_integer(std::string& to, Integer number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

void append_quoted(std::string& to, std::string_view text) {
  to.push_back('"');
  while (true) {
    const std::size_t plain = plain_prefix(text);
    to.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    std::size_t length = 1;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escape(to, text[0]);
    } else if (const std::size_t sequence = utf8_sequence(text); sequence != 0) {
      length = sequence;
      to.append(text.substr(0, length));
    } else {
      to.append(replacement);
    }
    text.remove_prefix(length);
  }
  to.push_back('"');
}

std::string_view format_number(double number, std::span<char, longest_number> to) noexcept {
  if (!std::isfinite(number)) return "null";
  char* at = to.data();
  const auto put = [&](std::string_view text) { at += text.copy(at, text.size()); };
  const auto zeros = [&](int many) {
    while (many-- > 0) *at++ = '0';
  };
  if (std::signbit(number)) *at++ = '-';
  // "d.ddde±xx": the shortest digits. Where the point goes is ECMAScript's Number::toString.
  char scientific[40];
  const auto written = std::to_chars(scientific, scientific + sizeof scientific, std::abs(number),
                                     std::chars_format::scientific);
  const std::string_view text(scientific, static_cast<std::size_t>(written.ptr - scientific));
  const auto e = text.find('e');
  int exponent = 0;
  const auto power = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  // The point after the first digit goes.
  scientific[1] = scientific[0];
  const std::string_view digits = e == 1 ? text.substr(0, 1) : text.substr(1, e - 1);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // digits before the point
  if (count <= point && point <= 21) {
    put(digits);
    zeros(point - count);
  } else if (0 < point && point <= 21) {
    put(digits.substr(0, static_cast<std::size_t>(point)));
    *at++ = '.';
    put(digits.substr(static_cast<std::size_t>(point)));
  } else if (-6 < point && point <= 0) {
    put("0.");
    zeros(-point);
    put(digits);
  } else {
    put(digits.substr(0, 1));
    if (count > 1) {
      *at++ = '.';
      put(digits.substr(1));
    }
    put(exponent < 0 ? "e-" : "e+");
    at = std::to_chars(at, to.data() + to.size(), std::abs(exponent)).ptr;
  }
  return {to.data(), static_cast<std::size_t>(at - to.data())};
}

void append_number(std::string& to, double number) {
  char digits[longest_number];
  to.append(format_number(number, digits));
}

writer& writer::integer(std::int64_t number) {
  separate();
  append_integer(*to_, number);
  return *this;
}

writer& writer::unsigned_integer(std::uint64_t number) {
  separate();
  append_integer(*to_, number);
  return *this;
}

}  // namespace weir::json
