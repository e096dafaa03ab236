#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/base/arena.hpp"
#include "weir/gateway/expression/problem.hpp"

namespace weir::gateway::expression {

enum class token_kind : std::uint8_t { end, name, integer, uinteger, real, text, bytes, symbol };

struct token {
  token_kind kind = token_kind::end;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string_view spelled;   // as written
  std::string_view content;   // of text and bytes, unescaped
  std::uint64_t integer = 0;  // may exceed int64 by one, for the least number
  double real = 0;

  bool is(std::string_view symbol) const noexcept {
    return kind == token_kind::symbol && spelled == symbol;
  }
  bool is_word(std::string_view word) const noexcept {
    return kind == token_kind::name && spelled == word;
  }
};

// Reads tokens one at a time and never looks further, since behind an embedded expression stands
// text of another kind. Literals as in CEL, comments left out.
class lexer {
 public:
  lexer(std::string_view text, std::size_t begin, arena& strings) noexcept
      : text_(text), at_(begin), strings_(&strings) {}

  // The next token, or what is wrong with it.
  std::optional<problem> next(token& out);

 private:
  std::optional<problem> number(token& out);
  std::optional<problem> quoted(token& out, std::size_t prefix);
  std::optional<problem> symbol(token& out);
  std::optional<problem> unescape(token& out, std::size_t begin, std::size_t end, bool bytes);
  char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void take(token& out, token_kind kind, std::size_t length) noexcept;

  std::string_view text_;
  std::size_t at_;
  arena* strings_;
};

}  // namespace weir::gateway::expression
