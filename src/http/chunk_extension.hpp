#pragma once

#include "characters.hpp"

namespace weir::http::detail {

// Where a chunk's extensions stand (RFC 9112 7.1.1). What they say is of no interest, but their
// grammar is: a quoted string that a lenient reader lets run over the line's end hides chunks from
// it.
enum class extension_part : unsigned char {
  before_name,
  name,
  after_name,
  before_value,
  value,
  after_value,
  quoted,
  escaped,
  closing,  // the quote that ends a quoted string
  end,      // the carriage return
  malformed
};

// The part that `c` leads to.
inline extension_part next_part(extension_part at, char c) noexcept {
  using enum extension_part;
  const auto behind_value = [](char d) {
    return d == ';' ? before_name : is_blank(d) ? after_value : d == '\r' ? end : malformed;
  };
  switch (at) {
    case before_name:
      return is_blank(c) ? before_name : is_token_char(c) ? name : malformed;
    case name:
      if (is_token_char(c)) return name;
      return c == '=' ? before_value : is_blank(c) ? after_name : behind_value(c);
    case after_name:
      return is_blank(c) ? after_name
             : c == '='  ? before_value
             : c == ';'  ? before_name
                         : malformed;
    case before_value:
      return is_blank(c) ? before_value : is_token_char(c) ? value : c == '"' ? quoted : malformed;
    case value:
      return is_token_char(c) ? value : behind_value(c);
    case after_value:
      return is_blank(c) ? after_value : c == ';' ? before_name : malformed;
    case quoted:
      return c == '"' ? closing : c == '\\' ? escaped : is_value_char(c) ? quoted : malformed;
    case closing:
      return behind_value(c);
    case escaped:
      return is_value_char(c) ? quoted : malformed;
    default:
      return malformed;
  }
}

}  // namespace weir::http::detail
