#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::http {

// The framing of one chunk to send: head, the content, `chunk_end`; a body ends with `last_chunk`.
// A chunk of size 0 would end the body: send none for an empty piece.
class chunk_head {
 public:
  explicit chunk_head(std::uint64_t size) noexcept;
  std::string_view text() const noexcept { return {text_.data() + begin_, text_.size() - begin_}; }

 private:
  std::array<char, 18> text_;  // sixteen hex digits and CRLF, right-aligned
  std::size_t begin_;
};

inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace weir::http
