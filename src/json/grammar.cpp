#include "grammar.hpp"

#include <array>
#include <cstring>

namespace weir::json {
namespace {

constexpr std::array<bool, 256> make_enders() {
  std::array<bool, 256> table{};
  for (const unsigned char c : {' ', '\t', '\n', '\r', ',', ':', '[', ']', '{', '}'})
    table[c] = true;
  return table;
}
// What may stand right after a number or a word.
constexpr auto enders = make_enders();

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

}  // namespace

grammar::outcome grammar::run(std::span<node> nodes) noexcept {
  nodes_ = nodes;
  while (value_due_) {
    if (!value()) return full_ ? outcome::no_room : outcome::wrong;
  }
  if (more()) {
    fail_here("the document ends before this: only one value is allowed");
    return outcome::wrong;
  }
  return outcome::ok;
}

// One value and all that closes after it; leaves value_due_ set if another must follow.
bool grammar::value() noexcept {
  if (!more()) return fail("the document ends where a value is due", text_.size());
  switch (peek()) {
    case '{':
      return open(kind::object) && first_or_close();
    case '[':
      return open(kind::array) && first_or_close();
    case '"':
      return count_child() && string() && after_value();
    case 't':
      return count_child() && literal("true", kind::boolean) && after_value();
    case 'f':
      return count_child() && literal("false", kind::boolean) && after_value();
    case 'n':
      return count_child() && literal("null", kind::null) && after_value();
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return count_child() && number() && after_value();
    case ']':
    case '}':
      return fail_here("a value is due before this bracket");
    case '\'':
      return fail_here("a string is written with double quotes");
    default:
      return fail_here("a value is due here");
  }
}

bool grammar::open(kind k) noexcept {
  if (depth_ == depth_limit_) return fail_here("nested too deep");
  const std::size_t at = starts_[token_];
  if (!count_child() || !add(k, at, at, 0)) return false;
  nodes_[used_ - 1].next = parent_;
  parent_ = used_ - 1;
  ++depth_;
  ++token_;
  return true;
}

bool grammar::first_or_close() noexcept {
  const bool object = nodes_[parent_].kind() == kind::object;
  if (!more()) return fail("the document ends inside a container", text_.size());
  if (peek() == (object ? '}' : ']')) return close() && after_value();
  return !object || key();
}

bool grammar::key() noexcept {
  if (!more()) return fail("the document ends inside an object", text_.size());
  if (peek() != '"') return fail_here("a name in double quotes is due here");
  if (!string()) return false;
  if (!more()) return fail("the document ends after a name", text_.size());
  if (peek() != ':') return fail_here("a colon is due after the name");
  ++token_;
  return true;
}

// Closes all that ends here; then either a comma, and the next value is due, or the end.
bool grammar::after_value() noexcept {
  while (parent_ != nobody) {
    if (!more()) return fail("the document ends inside a container", text_.size());
    const bool object = nodes_[parent_].kind() == kind::object;
    const char c = peek();
    if (c == ',') {
      ++token_;
      return !object || key();
    }
    if (c != (object ? '}' : ']')) {
      return fail_here(object ? "a comma or '}' is due here" : "a comma or ']' is due here");
    }
    if (!close()) return false;
  }
  value_due_ = false;
  return true;
}

bool grammar::close() noexcept {
  node& container = nodes_[parent_];
  container.end = starts_[token_] + 1;
  parent_ = container.next;
  container.next = used_;
  --depth_;
  ++token_;
  return true;
}

bool grammar::string() noexcept {
  const std::size_t begin = starts_[token_];
  // Between the end of this string and the next token lies nothing but white space.
  std::size_t end = token_ + 1 < starts_.size() ? starts_[token_ + 1] : text_.size();
  while (is_space(text_[end - 1])) --end;
  if (end - begin < 2 || text_[end - 1] != '"') return fail("this string has no end", begin);
  std::uint32_t flags = 0;
  const void* const slash = std::memchr(text_.data() + begin + 1, '\\', end - begin - 2);
  if (slash) {
    flags = node::escaped;
    const auto first = static_cast<std::size_t>(static_cast<const char*>(slash) - text_.data());
    if (!escapes(first, end - 1)) return false;
  }
  ++token_;
  return add(kind::string, begin, end, flags);
}

bool grammar::escapes(std::size_t at, std::size_t end) noexcept {
  while (at < end) {
    if (text_[at] != '\\') {
      ++at;
      continue;
    }
    switch (at + 1 < end ? text_[at + 1] : '\0') {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        at += 2;
        break;
      case 'u':
        for (std::size_t i = at + 2; i < at + 6; ++i) {
          if (i >= end || !is_hex(text_[i])) {
            return fail("four hexadecimal digits are due after \\u", at);
          }
        }
        at += 6;
        break;
      default:
        return fail("no such escape", at);
    }
  }
  return true;
}

bool grammar::number() noexcept {
  const std::size_t begin = starts_[token_];
  std::size_t at = begin;
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text_.size() && is_digit(text_[at])) ++at;
    return at > first;
  };
  if (text_[at] == '-') ++at;
  if (at < text_.size() && text_[at] == '0') {
    ++at;
    if (at < text_.size() && is_digit(text_[at])) {
      return fail("a number does not begin with 0", begin);
    }
  } else if (!digits()) {
    return fail("a digit is due after the sign", begin);
  }
  std::uint32_t flags = node::integer;
  if (at < text_.size() && text_[at] == '.') {
    ++at;
    flags = 0;
    if (!digits()) return fail("a digit is due after the point", begin);
  }
  if (at < text_.size() && (text_[at] | 0x20) == 'e') {
    ++at;
    flags = 0;
    if (at < text_.size() && (text_[at] == '+' || text_[at] == '-')) ++at;
    if (!digits()) return fail("a digit is due in the exponent", begin);
  }
  if (!ends_token(at)) return fail("this is no number", begin);
  ++token_;
  return add(kind::number, begin, at, flags);
}

bool grammar::literal(std::string_view word, kind k) noexcept {
  const std::size_t begin = starts_[token_];
  if (text_.substr(begin, word.size()) != word || !ends_token(begin + word.size())) {
    return fail_here("a value is due here; words are true, false and null");
  }
  ++token_;
  return add(k, begin, begin + word.size(), 0);
}

bool grammar::ends_token(std::size_t at) const noexcept {
  return at >= text_.size() || enders[static_cast<unsigned char>(text_[at])];
}

bool grammar::add(kind k, std::size_t begin, std::size_t end, std::uint32_t flags) noexcept {
  if (used_ == nodes_.size()) {
    full_ = true;
    return false;
  }
  nodes_[used_] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), used_ + 1,
                   static_cast<std::uint32_t>(k) | flags};
  ++used_;
  return true;
}

bool grammar::count_child() noexcept {
  if (parent_ == nobody) return true;
  node& container = nodes_[parent_];
  if (container.children() == node::max_children)
    return fail_here("too many values in one container");
  container.info += node::one_child;
  return true;
}

bool grammar::fail(std::string_view reason, std::size_t offset) noexcept {
  error_ = {reason, offset};
  return false;
}

bool grammar::fail_here(std::string_view reason) noexcept {
  return fail(reason, starts_[token_]);
}

}  // namespace weir::json
