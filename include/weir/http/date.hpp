#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace weir::http {

// The Date field, written anew at most once a second. One for each loop; not thread-safe.
class date_line {
 public:
  // "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n"; valid until the next call.
  std::string_view at(std::int64_t unix_seconds) noexcept {
    if (unix_seconds != written_) write(unix_seconds);
    return {text_.data(), text_.size()};
  }

 private:
  void write(std::int64_t unix_seconds) noexcept;

  std::int64_t written_ = std::numeric_limits<std::int64_t>::min();
  std::array<char, 37> text_{};
};

// A date of a field, in seconds of Unix: today's form and the two that RFC 9110 (5.6.7) still wants
// read. None: it is no date.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace weir::http
