#include "unescape.hpp"

#include "weir/json/utf8.hpp"

namespace weir::json {
namespace {

constexpr bool high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quote, backslash, solidus
  }
}

}  // namespace

std::uint32_t unescaper::hex4(std::size_t at) const noexcept {
  std::uint32_t unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = rest_[i];
    const auto digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    unit = unit << 4 | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

std::string_view unescaper::next() noexcept {
  if (rest_[0] != '\\') {
    const auto run = rest_.substr(0, rest_.find('\\'));
    rest_.remove_prefix(run.size());
    return run;
  }
  if (rest_[1] != 'u') {
    unit_[0] = simple_escape(rest_[1]);
    rest_.remove_prefix(2);
    return {unit_, 1};
  }
  std::uint32_t code = hex4(2);
  rest_.remove_prefix(6);
  if (high_surrogate(code) && rest_.size() >= 6 && rest_[0] == '\\' && rest_[1] == 'u') {
    const std::uint32_t low = hex4(2);
    if (low_surrogate(low)) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      rest_.remove_prefix(6);
    }
  }
  return {unit_, utf8_encode(code, unit_)};
}

}  // namespace weir::json
