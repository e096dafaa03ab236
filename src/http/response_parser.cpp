#include <cstring>

#include "head_lines.hpp"
#include "weir/http/parser.hpp"

namespace weir::http {
namespace {

using detail::line_error;
using outcome = parse_result::outcome;

parse_result failed(std::string_view why) noexcept {
  return {.state = outcome::error, .status = 502, .detail = why};
}

// The status line at `p`; gives what follows it, or null. A missing reason may lack its space too:
// many servers leave both out.
const char* read_status_line(const char* p, const char* end, response_head& into) noexcept {
  if (end - p < 14 || std::memcmp(p, "HTTP/1.", 7) != 0 || (p[7] != '1' && p[7] != '0') ||
      p[8] != ' ') {
    return nullptr;
  }
  int status = 0;
  for (int i = 9; i < 12; ++i) {
    if (!detail::is_digit(static_cast<unsigned char>(p[i]))) return nullptr;
    status = status * 10 + (p[i] - '0');
  }
  if (status < 100 || status > 599) return nullptr;
  into.status = status;
  into.minor_version = static_cast<std::uint8_t>(p[7] - '0');
  p += 12;
  if (*p == ' ')
    ++p;
  else if (*p != '\r')
    return nullptr;
  const char* const reason = p;
  p = detail::skip_value(p, end);
  if (end - p < 2 || p[0] != '\r' || p[1] != '\n') return nullptr;
  into.reason = {reason, static_cast<std::size_t>(p - reason)};
  return p + 2;
}

line_error judge(response_head& into, std::span<const field> all, bool to_head) noexcept {
  detail::framing frame;
  if (const auto why = detail::read_framing(all, into.minor_version, frame)) return why;
  into.fields = fields(all);
  into.chunked = frame.chunked;
  into.content_length = frame.content_length;
  into.has_body = !to_head && into.status >= 200 && into.status != 204 && into.status != 304 &&
                  (frame.chunked || frame.content_length != 0U);
  const bool until_close = into.has_body && !frame.chunked && !frame.content_length;
  // A body announced where none may be would come before the next answer.
  const bool misframed =
      into.status == 204 && (frame.chunked || frame.content_length.value_or(0) > 0);
  into.keep_alive =
      !until_close && !misframed && !frame.close && (into.minor_version >= 1 || frame.keep_alive);
  return {};
}

}  // namespace

parse_result response_parser::parse(std::string_view buffer, std::span<field> room,
                                    response_head& into, bool to_head) noexcept {
  constexpr std::string_view malformed = "the status line is malformed";
  if (at_.base != buffer.data()) at_ = {.base = buffer.data()};
  if (!at_.first_line_done) {
    if (buffer.empty()) return {};
    // What is no HTTP at all (an SSH banner, TLS) need not have a line feed to wait for.
    if (buffer.front() != 'H') return failed(malformed);
    const char* const next = read_status_line(buffer.data(), buffer.data() + buffer.size(), into);
    const detail::line_bounds bounds{.longest = 0, .head_bytes = limits_.head_bytes};
    if (next == nullptr) {
      auto result = detail::judge_line(buffer, at_, bounds, {502, malformed});
      if (result.state == outcome::error) result.status = 502;
      return result;
    }
    at_.line = static_cast<std::size_t>(next - buffer.data());
    if (detail::over_bounds(0, at_.line - 1, bounds))
      return failed("the header fields are too large");
    at_.first_line_done = true;
  } else if (!detail::line_may_be_complete(buffer, at_)) {
    at_.searched = buffer.size();
    if (at_.searched < limits_.head_bytes) return {};
  }
  auto result = detail::read_fields(buffer, at_, room, limits_);
  if (result.state == outcome::complete) [[likely]] {
    if (const auto why = judge(into, room.first(at_.count), to_head)) return failed(why.detail);
  } else if (result.state == outcome::error) {
    result.status = result.status == 431 ? 431 : 502;
  }
  return result;
}

}  // namespace weir::http
