#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::json {

// The length (1 to 4) of the well-formed UTF-8 sequence that `text` begins with; 0 if it begins
// with none: overlong forms, surrogates and code points above U+10FFFF are not well-formed
// (Unicode 15, table 3-7).
std::size_t utf8_sequence(std::string_view text) noexcept;

// Where the first byte lies that is no part of a well-formed sequence; text.size() if there is
// none.
std::size_t utf8_valid_prefix(std::string_view text) noexcept;

// Code points of well-formed text.
std::size_t utf8_length(std::string_view text) noexcept;

// The offset of code point number `index` in well-formed text; text.size() if it has no more than
// that.
std::size_t utf8_offset(std::string_view text, std::size_t index) noexcept;

// What `text` begins with, `bytes` of it at most and no part of a character: for messages that show
// the beginning of something long.
std::string_view utf8_front(std::string_view text, std::size_t bytes) noexcept;

// Writes `code` as UTF-8 and returns the number of bytes; a surrogate or a number above U+10FFFF
// becomes U+FFFD. `to` has room for 4.
std::size_t utf8_encode(std::uint32_t code, char* to) noexcept;

}  // namespace weir::json
