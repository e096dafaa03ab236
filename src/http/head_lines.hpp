#pragma once

#include <cstring>
#include <span>
#include <string_view>

#include "characters.hpp"
#include "weir/http/parser.hpp"

// The lines of a head, shared by both parsers.
namespace weir::http::detail {

struct line_error {
  int status = 0;
  std::string_view detail;
  explicit operator bool() const noexcept { return status != 0; }
};

// A line that does not parse is judged only once its line feed has come, so that the verdict does
// not depend on how the bytes were cut. `line` is where it begins; `longest` (0: none) bounds a
// first line.
struct line_bounds {
  std::size_t longest = 0;
  std::size_t head_bytes = 0;
};
parse_result judge_line(std::string_view buffer, head_progress& at, const line_bounds& bounds,
                        line_error why) noexcept;

// Whether a sound line that ends with the line feed at `feed` keeps the bounds.
inline line_error over_bounds(std::size_t line, std::size_t feed,
                              const line_bounds& bounds) noexcept {
  if (bounds.longest != 0 && feed - line > bounds.longest)
    return {414, "the request line is too long"};
  if (feed >= bounds.head_bytes) return {431, "the header fields are too large"};
  return {};
}

// True when the next unjudged line can have ended: searches for its line feed, but no byte twice.
inline bool line_may_be_complete(std::string_view buffer, head_progress& at) noexcept {
  if (at.searched <= at.line) return true;
  if (at.searched >= buffer.size()) return false;
  return std::memchr(buffer.data() + at.searched, '\n', buffer.size() - at.searched) != nullptr;
}

// Reads field lines up to the empty line. complete: all are in `room`, `at.count` says how many.
parse_result read_fields(std::string_view buffer, head_progress& at, std::span<field> room,
                         const head_limits& limits) noexcept;

// What the fields say of the message's frame and of the connection; judged for both directions.
struct framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool close = false;       // Connection: close
  bool keep_alive = false;  // Connection: keep-alive
  bool connection_malformed = false;
  unsigned hosts = 0;
  std::string_view host;
  bool expects = false;
  std::string_view expectation;
};
line_error read_framing(std::span<const field> all, std::uint8_t minor_version,
                        framing& into) noexcept;

}  // namespace weir::http::detail
