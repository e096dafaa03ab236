#include "lexer.hpp"

#include <charconv>
#include <string>

#include "weir/json/utf8.hpp"
#include "weir/json/value.hpp"

namespace weir::gateway::expression {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) noexcept {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
bool begins_name(char c) noexcept {
  return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}
bool continues_name(char c) noexcept {
  return begins_name(c) || is_digit(c);
}

int hex_value(char c) noexcept {
  return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

// The length of the prefix of a string literal (r, b, br, rb), if that is what stands here.
std::optional<std::size_t> string_prefix(std::string_view text) noexcept {
  std::size_t length = 0;
  bool raw = false;
  bool bytes = false;
  for (; length < 2 && length < text.size(); ++length) {
    const char c = static_cast<char>(text[length] | 0x20);
    if (c == 'r' && !raw) {
      raw = true;
    } else if (c == 'b' && !bytes) {
      bytes = true;
    } else {
      break;
    }
  }
  if (length < text.size() && (text[length] == '\'' || text[length] == '"')) return length;
  return std::nullopt;
}

constexpr std::string_view symbols[] = {"??", "&&", "||", "==", "!=", "<=", ">=", "+", "-",
                                        "*",  "/",  "%",  "<",  ">",  "!",  "?",  ":", ".",
                                        ",",  "(",  ")",  "[",  "]",  "{",  "}"};

}  // namespace

void lexer::take(token& out, token_kind kind, std::size_t length) noexcept {
  out.kind = kind;
  out.offset = at_;
  out.length = length;
  out.spelled = text_.substr(at_, length);
  at_ += length;
}

std::optional<problem> lexer::next(token& out) {
  out = {};
  while (at_ < text_.size() &&
         std::string_view(" \t\r\n\f").find(text_[at_]) != std::string_view::npos) {
    ++at_;
  }
  if (at_ == text_.size()) {
    take(out, token_kind::end, 0);
    return std::nullopt;
  }
  if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number(out);
  if (const auto prefix = string_prefix(text_.substr(at_))) return quoted(out, *prefix);
  if (begins_name(peek())) {
    std::size_t length = 1;
    while (continues_name(peek(length))) ++length;
    take(out, token_kind::name, length);
    return std::nullopt;
  }
  return symbol(out);
}

std::optional<problem> lexer::number(token& out) {
  std::size_t length = 0;
  bool real = false;
  const bool hex = peek() == '0' && (peek(1) | 0x20) == 'x' && is_hex(peek(2));
  if (hex) {
    length = 2;
    while (is_hex(peek(length))) ++length;
  } else {
    while (is_digit(peek(length))) ++length;
    if (peek(length) == '.' && is_digit(peek(length + 1))) {
      real = true;
      ++length;
      while (is_digit(peek(length))) ++length;
    }
    if ((peek(length) | 0x20) == 'e') {
      const std::size_t sign = peek(length + 1) == '+' || peek(length + 1) == '-' ? 2 : 1;
      if (is_digit(peek(length + sign))) {
        real = true;
        length += sign;
        while (is_digit(peek(length))) ++length;
      }
    }
  }
  const char* const first = text_.data() + at_ + (hex ? 2 : 0);
  const char* const last = text_.data() + at_ + length;
  const bool is_unsigned = !real && (peek(length) | 0x20) == 'u';
  const std::size_t whole = length + (is_unsigned ? 1 : 0);
  if (continues_name(peek(whole))) {
    return problem{at_ + whole, 1, "a number ends here, a name cannot begin", {}};
  }
  if (real) {
    const auto written = std::string(first, last);
    const auto number = json::nearest_double(written[0] == '.' ? "0" + written : written);
    if (!number) return problem{at_, length, "this number does not fit into a double", {}};
    out.real = *number;
    take(out, token_kind::real, whole);
    return std::nullopt;
  }
  const auto read = std::from_chars(first, last, out.integer, hex ? 16 : 10);
  constexpr std::uint64_t most = std::uint64_t{1} << 63;
  if (read.ec != std::errc() || (!is_unsigned && out.integer > most)) {
    return problem{at_, whole, "this number does not fit into 64 bits", {}};
  }
  take(out, is_unsigned ? token_kind::uinteger : token_kind::integer, whole);
  return std::nullopt;
}

std::optional<problem> lexer::quoted(token& out, std::size_t prefix) {
  bool raw = false;
  bool bytes = false;
  for (std::size_t i = 0; i < prefix; ++i) {
    raw |= (peek(i) | 0x20) == 'r';
    bytes |= (peek(i) | 0x20) == 'b';
  }
  const char quote = peek(prefix);
  const bool triple = peek(prefix + 1) == quote && peek(prefix + 2) == quote;
  const std::string_view closer =
      triple ? text_.substr(at_ + prefix, 3) : text_.substr(at_ + prefix, 1);
  const std::size_t begin = at_ + prefix + closer.size();
  std::size_t end = begin;
  while (true) {
    if (end >= text_.size() || (!triple && (text_[end] == '\n' || text_[end] == '\r'))) {
      return problem{at_, prefix + closer.size(), "this string has no end", {}};
    }
    if (text_.substr(end, closer.size()) == closer) break;
    end += !raw && text_[end] == '\\' && end + 1 < text_.size() ? 2 : 1;
  }
  if (raw) {
    out.content = strings_->copy(text_.substr(begin, end - begin));
  } else if (auto wrong = unescape(out, begin, end, bytes)) {
    return wrong;
  }
  if (!bytes) {
    if (const auto valid = json::utf8_valid_prefix(out.content); valid != out.content.size()) {
      return problem{at_, end + closer.size() - at_, "this string is not UTF-8", {}};
    }
  }
  take(out, bytes ? token_kind::bytes : token_kind::text, end + closer.size() - at_);
  return std::nullopt;
}

std::optional<problem> lexer::unescape(token& out, std::size_t begin, std::size_t end, bool bytes) {
  std::string content;
  const auto digits = [&](std::size_t at, std::size_t count,
                          unsigned base) -> std::optional<std::uint32_t> {
    if (at + count > end) return std::nullopt;
    std::uint32_t number = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (!is_hex(text_[i]) || static_cast<unsigned>(hex_value(text_[i])) >= base)
        return std::nullopt;
      number = number * base + static_cast<std::uint32_t>(hex_value(text_[i]));
    }
    return number;
  };
  for (std::size_t at = begin; at < end;) {
    const char c = text_[at];
    if (c != '\\') {
      content.push_back(c);
      ++at;
      continue;
    }
    const char escape = at + 1 < end ? text_[at + 1] : '\0';
    constexpr std::string_view simple = "abfnrtv\\?\"'`";
    constexpr std::string_view meaning = "\a\b\f\n\r\t\v\\?\"'`";
    if (const auto i = simple.find(escape); i != std::string_view::npos) {
      content.push_back(meaning[i]);
      at += 2;
      continue;
    }
    std::size_t count = 0;
    unsigned base = 16;
    switch (escape) {
      case 'x':
      case 'X':
        count = 2;
        break;
      case 'u':
        count = 4;
        break;
      case 'U':
        count = 8;
        break;
      case '0':
      case '1':
      case '2':
      case '3':
        count = 3;
        base = 8;
        break;
      default:
        return problem{at, 2, "no such escape", "a backslash itself is written '\\\\'"};
    }
    const std::size_t first = at + (base == 8 ? 1 : 2);
    const auto code = digits(first, count, base);
    if (!code) return problem{at, 2, "digits are missing in this escape", {}};
    const bool one_byte = bytes && count <= 3;
    if (bytes && !one_byte) return problem{at, 2, "bytes have no such escape: write \\x", {}};
    if (one_byte) {
      content.push_back(static_cast<char>(*code));
    } else {
      if (*code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF)) {
        return problem{at, 2 + count, "there is no such character", {}};
      }
      char encoded[4];
      content.append(encoded, json::utf8_encode(*code, encoded));
    }
    at = first + count;
  }
  out.content = strings_->copy(content);
  return std::nullopt;
}

std::optional<problem> lexer::symbol(token& out) {
  for (const auto candidate : symbols) {
    if (text_.substr(at_).starts_with(candidate)) {
      take(out, token_kind::symbol, candidate.size());
      return std::nullopt;
    }
  }
  switch (peek()) {
    case '=':
      return problem{at_, 1, "'=' is no operator", "'==' compares"};
    case '&':
      return problem{at_, 1, "'&' is no operator", "did you mean '&&'?"};
    case '|':
      return problem{at_, 1, "'|' is no operator", "did you mean '||'?"};
    case '$':
      return problem{at_, 1, "'$' has no meaning inside an expression", "write the name alone"};
    default:
      break;
  }
  const std::size_t length = std::max<std::size_t>(1, json::utf8_sequence(text_.substr(at_)));
  return problem{at_, length, "this character has no meaning in an expression", {}};
}

}  // namespace weir::gateway::expression
