#include "head_lines.hpp"

#include <algorithm>

namespace weir::http::detail {

parse_result judge_line(std::string_view buffer, head_progress& at, const line_bounds& bounds,
                        line_error why) noexcept {
  const char* begin = buffer.data() + at.line;
  const void* found =
      at.line < buffer.size() ? std::memchr(begin, '\n', buffer.size() - at.line) : nullptr;
  const std::size_t feed =
      found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data())
                       : buffer.size();
  if (const auto over = over_bounds(at.line, feed, bounds)) {
    return {.state = parse_result::outcome::error, .status = over.status, .detail = over.detail};
  }
  if (found == nullptr) {
    at.searched = buffer.size();
    return {};
  }
  return {.state = parse_result::outcome::error, .status = why.status, .detail = why.detail};
}

namespace {

// The field line at `p`. Gives the start of the next line, or null with `why` set.
inline const char* read_field(const char* p, const char* end, field& into,
                              line_error& why) noexcept {
  const char* name = p;
  p = skip_token(p, end);
  if (p == end || *p != ':' || p == name) [[unlikely]] {
    if (p != end && p == name && is_blank(*p)) {
      why = {400, "a header field is folded over two lines"};
    } else if (p != end && is_blank(*p)) {
      why = {400, "there is white space in or behind a header field's name"};
    } else {
      why = {400, "a header field's name is malformed"};
    }
    return nullptr;
  }
  into.name = {name, static_cast<std::size_t>(p - name)};
  ++p;
  while (p != end && is_blank(*p)) ++p;
  const char* value = p;
  p = skip_value(p, end);
  if (end - p < 2 || p[0] != '\r' || p[1] != '\n') [[unlikely]] {
    why = p != end && *p == '\n'
              ? line_error{400, "a line ends without a carriage return"}
              : line_error{400, "a header field's value has a control character"};
    return nullptr;
  }
  const char* last = p;
  while (last != value && is_blank(last[-1])) --last;
  into.value = {value, static_cast<std::size_t>(last - value)};
  return p + 2;
}

}  // namespace

parse_result read_fields(std::string_view buffer, head_progress& at, std::span<field> room,
                         const head_limits& limits) noexcept {
  const std::size_t most = std::min(room.size(), limits.fields);
  const line_bounds bounds{.longest = 0, .head_bytes = limits.head_bytes};
  const char* const base = buffer.data();
  const char* const end = base + buffer.size();
  const char* p = base + at.line;
  std::size_t count = at.count;
  line_error why;
  for (;;) {
    if (end - p >= 2 && p[0] == '\r' && p[1] == '\n') {
      if (const auto over = over_bounds(0, static_cast<std::size_t>(p + 1 - base), bounds))
          [[unlikely]] {
        return {
            .state = parse_result::outcome::error, .status = over.status, .detail = over.detail};
      }
      at.count = count;
      return {.state = parse_result::outcome::complete,
              .consumed = static_cast<std::size_t>(p + 2 - base)};
    }
    field one;
    const char* next = p == end ? nullptr : read_field(p, end, one, why);
    if (next == nullptr) [[unlikely]] {
      at.count = count;
      at.line = static_cast<std::size_t>(p - base);
      if (p != end && *p == '\r') why = {400, "a bare carriage return in the header"};
      if (p != end && *p == '\n') why = {400, "a line ends without a carriage return"};
      return judge_line(buffer, at, bounds, why);
    }
    if (const auto over = over_bounds(0, static_cast<std::size_t>(next - 1 - base), bounds))
        [[unlikely]] {
      return {.state = parse_result::outcome::error, .status = over.status, .detail = over.detail};
    }
    if (count == most) [[unlikely]] {
      return {.state = parse_result::outcome::error,
              .status = 431,
              .detail = "there are too many header fields"};
    }
    room[count++] = one;
    p = next;
  }
}

}  // namespace weir::http::detail
