#include <limits>

#include "head_lines.hpp"
#include "weir/http/message.hpp"

namespace weir::http::detail {
namespace {

// `lower` in small letters. Setting bit 5 folds letters and cannot make another token character
// equal to a letter or '-'.
template <std::size_t Size>
inline bool is_named(std::string_view name, const char (&lower)[Size]) noexcept {
  if (name.size() != Size - 1) return false;
  for (std::size_t i = 0; i + 1 < Size; ++i) {
    if ((name[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

bool is_token_or_empty(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  return skip_token(text.data(), end) == end;
}

line_error read_length(std::string_view value, framing& into) noexcept {
  if (into.content_length) return {400, "there is more than one Content-Length"};
  if (value.empty()) return {400, "Content-Length is empty"};
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!is_digit(static_cast<unsigned char>(c))) return {400, "Content-Length is not a number"};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
      return {400, "Content-Length is too large"};
    }
    length = length * 10 + digit;
  }
  into.content_length = length;
  return {};
}

struct coding_count {
  bool present = false;
  bool chunked_last = false;
  unsigned chunked = 0;
  bool unknown = false;
};

line_error read_codings(std::string_view value, coding_count& count) noexcept {
  line_error why;
  for_each_element(value, [&](std::string_view coding) {
    const std::string_view name = coding.substr(0, coding.find(';'));
    if (name.empty() || !is_token_or_empty(name)) {
      why = {400, "Transfer-Encoding is malformed"};
      return false;
    }
    count.chunked_last = iequals(name, "chunked");
    if (count.chunked_last) {
      ++count.chunked;
      if (name.size() != coding.size()) {
        why = {400, "Transfer-Encoding gives parameters to chunked"};
        return false;
      }
    } else {
      count.unknown = true;
    }
    return true;
  });
  return why;
}

// RFC 9112 6.1 and 6.3.
line_error judge_codings(const coding_count& count, std::uint8_t minor_version,
                         framing& into) noexcept {
  if (!count.present) return {};
  if (minor_version == 0) return {400, "Transfer-Encoding is not for HTTP/1.0"};
  if (into.content_length) return {400, "Content-Length and Transfer-Encoding stand together"};
  if (count.chunked > 1) return {400, "Transfer-Encoding names chunked twice"};
  if (!count.chunked_last) return {400, "Transfer-Encoding does not end with chunked"};
  if (count.unknown) return {501, "the transfer coding is not supported"};
  into.chunked = true;
  return {};
}

void read_connection(std::string_view value, framing& into) noexcept {
  for_each_element(value, [&](std::string_view option) {
    if (iequals(option, "close")) into.close = true;
    if (iequals(option, "keep-alive")) into.keep_alive = true;
    if (!is_token_or_empty(option)) into.connection_malformed = true;
    return true;
  });
}

}  // namespace

line_error read_framing(std::span<const field> all, std::uint8_t minor_version,
                        framing& into) noexcept {
  coding_count codings;
  for (const field& one : all) {
    switch (one.name.size()) {
      case 4:
        if (is_named(one.name, "host")) {
          ++into.hosts;
          into.host = one.value;
        }
        break;
      case 6:
        if (is_named(one.name, "expect")) {
          // A second one makes a list, which no server here understands.
          into.expectation = into.expects ? std::string_view("?") : one.value;
          into.expects = true;
        }
        break;
      case 10:
        if (is_named(one.name, "connection")) read_connection(one.value, into);
        break;
      case 14:
        if (is_named(one.name, "content-length")) {
          if (const auto why = read_length(one.value, into)) return why;
        }
        break;
      case 17:
        if (is_named(one.name, "transfer-encoding")) {
          codings.present = true;
          if (const auto why = read_codings(one.value, codings)) return why;
        }
        break;
      default:
        break;
    }
  }
  return judge_codings(codings, minor_version, into);
}

}  // namespace weir::http::detail
