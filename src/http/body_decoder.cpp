#include "weir/http/body_decoder.hpp"

#include <algorithm>

#include "characters.hpp"
#include "chunk_extension.hpp"

namespace weir::http {

body_decoder body_decoder::of_length(std::uint64_t bytes, const body_limits& limits) noexcept {
  body_decoder made;
  made.limits_ = limits;
  made.left_ = bytes;
  made.state_ = bytes == 0 ? state::done : state::length;
  return made;
}

body_decoder body_decoder::chunked(const body_limits& limits) noexcept {
  body_decoder made;
  made.limits_ = limits;
  made.state_ = state::size_first;
  return made;
}

body_decoder body_decoder::until_close(const body_limits& limits) noexcept {
  body_decoder made;
  made.limits_ = limits;
  made.state_ = state::until_close;
  return made;
}

body_decoder body_decoder::of(const request_head& head, const body_limits& limits) noexcept {
  if (!head.has_body) return {};
  return head.chunked ? chunked(limits) : of_length(head.content_length.value_or(0), limits);
}

body_decoder body_decoder::of(const response_head& head, const body_limits& limits) noexcept {
  if (!head.has_body) return {};
  if (head.chunked) return chunked(limits);
  return head.content_length ? of_length(*head.content_length, limits) : until_close(limits);
}

bool body_decoder::end_of_input() noexcept {
  if (state_ == state::until_close) state_ = state::done;
  return state_ == state::done;
}

body_decoder::step body_decoder::fail(int status, std::string_view detail,
                                      std::size_t consumed) noexcept {
  state_ = state::failed;
  return {.state = outcome::error, .status = status, .consumed = consumed, .detail = detail};
}

// Content of known size: what is left of it, out of input[from…].
body_decoder::step body_decoder::take(std::string_view input, std::size_t from) noexcept {
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - from));
  left_ -= bytes;
  received_ += bytes;
  return {.state = outcome::data, .consumed = from + bytes, .data = input.substr(from, bytes)};
}

body_decoder::step body_decoder::decode(std::string_view input) noexcept {
  switch (state_) {
    case state::done:
      return {.state = outcome::done};
    case state::failed:
      return fail(400, "the body is malformed", 0);
    case state::length: {
      if (left_ > limits_.body_bytes - received_) return fail(413, "the body is too large", 0);
      if (input.empty()) return {};
      const step taken = take(input, 0);
      if (left_ == 0) state_ = state::done;
      return taken;
    }
    case state::until_close:
      if (input.empty()) return {};
      if (input.size() > limits_.body_bytes - received_)
        return fail(413, "the body is too large", 0);
      received_ += input.size();
      return {.state = outcome::data, .consumed = input.size(), .data = input};
    default:
      return frame(input);
  }
}

// RFC 9112 7.1, byte by byte but for the content itself.
body_decoder::step body_decoder::frame(std::string_view input) noexcept {
  for (std::size_t i = 0; i < input.size(); ++i) {
    const char c = input[i];
    switch (state_) {
      case state::size_first:
        left_ = 0;
        digits_ = 0;
        extension_ = 0;
        extension_part_ = static_cast<std::uint8_t>(detail::extension_part::before_name);
        [[fallthrough]];
      case state::size: {
        if (const int digit = detail::hex_value(c); digit >= 0) {
          // Sixteen digits cannot overflow; leading zeros beyond them have no honest use.
          if (++digits_ > 16) return fail(400, "a chunk's size is too large", i);
          left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
          state_ = state::size;
          break;
        }
        if (digits_ == 0 || (c != '\r' && c != ';'))
          return fail(400, "a chunk's size is malformed", i);
        if (left_ > limits_.body_bytes - received_) return fail(413, "the body is too large", i);
        state_ = c == ';' ? state::extension : state::size_lf;
        break;
      }
      case state::extension: {
        using part = detail::extension_part;
        const part now = detail::next_part(static_cast<part>(extension_part_), c);
        if (now == part::malformed) return fail(400, "a chunk's extension is malformed", i);
        if (now == part::end) {
          state_ = state::size_lf;
          break;
        }
        extension_part_ = static_cast<std::uint8_t>(now);
        if (++extension_ > limits_.extension_bytes ||
            ++all_extensions_ > 16 * limits_.extension_bytes) {
          return fail(400, "a chunk's extension is too long", i);
        }
        break;
      }
      case state::size_lf:
        if (c != '\n') return fail(400, "a chunk's size is malformed", i);
        state_ = left_ == 0 ? state::trailer_first : state::data;
        break;
      case state::data: {
        const step taken = take(input, i);
        if (left_ == 0) state_ = state::data_cr;
        return taken;
      }
      case state::data_cr:
        if (c != '\r') return fail(400, "a chunk does not end where its size says", i);
        state_ = state::data_lf;
        break;
      case state::data_lf:
        if (c != '\n') return fail(400, "a chunk does not end where its size says", i);
        state_ = state::size_first;
        break;
      case state::trailer_first:
        if (c == '\r') {
          state_ = state::last_lf;
          break;
        }
        if (++trailer_count_ > limits_.trailer_fields)
          return fail(400, "there are too many trailer fields", i);
        if (!detail::is_token_char(c)) return fail(400, "a trailer field is malformed", i);
        [[fallthrough]];
      case state::trailer_name:
        if (++trailer_ > limits_.trailer_bytes)
          return fail(400, "the trailer fields are too large", i);
        if (c == ':' && state_ == state::trailer_name) {
          state_ = state::trailer_value;
        } else if (detail::is_token_char(c)) {
          state_ = state::trailer_name;
        } else {
          return fail(400, "a trailer field is malformed", i);
        }
        break;
      case state::trailer_value:
        if (++trailer_ > limits_.trailer_bytes)
          return fail(400, "the trailer fields are too large", i);
        if (c == '\r') {
          state_ = state::trailer_lf;
        } else if (!detail::is_value_char(c)) {
          return fail(400, "a trailer field is malformed", i);
        }
        break;
      case state::trailer_lf:
        if (c != '\n') return fail(400, "a trailer field is malformed", i);
        state_ = state::trailer_first;
        break;
      case state::last_lf:
        if (c != '\n') return fail(400, "the chunked body's end is malformed", i);
        state_ = state::done;
        return {.state = outcome::done, .consumed = i + 1};
      default:
        return fail(400, "the body is malformed", i);
    }
  }
  return {.consumed = input.size()};
}

}  // namespace weir::http
