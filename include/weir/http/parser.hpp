#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "weir/http/message.hpp"

namespace weir::http {

struct head_limits {
  std::size_t target_bytes = 8 * 1024;  // requests; above: 414
  std::size_t head_bytes = 32 * 1024;   // all lines of the head; above: 431
  std::size_t fields = 100;             // above: 431; `room` bounds it too
};

struct parse_result {
  enum class outcome : std::uint8_t { need_more, complete, error };
  outcome state = outcome::need_more;
  int status = 0;                // error: what a server answers (400, 414, 431, 501, …)
  std::size_t consumed = 0;      // complete: bytes of the head, its empty line included
  std::string_view detail = {};  // error: one sentence of static text, fit for the client to see
};

namespace detail {
// Where an unfinished head stands between two calls. Lines are judged one by one, each once its
// line feed has come, so that bytes arriving one at a time give what they give when they come at
// once.
struct head_progress {
  const char* base = nullptr;  // the buffer that the views of the lines before point into
  std::size_t line = 0;        // where the first unjudged line begins
  std::size_t searched = 0;    // no line feed in [line, searched)
  std::size_t count = 0;       // fields put into the room
  bool first_line_done = false;
};
}  // namespace detail

// A request's head by RFC 9112, strict where lenience lets two readers of one connection disagree
// (request smuggling): one line ending (CRLF), one framing, one Host, no folding, no white space
// before a colon. Sans-I/O and without allocation: the fields go to the caller's `room`, all views
// into the caller's buffer. One empty line before the request is tolerated.
//
// While it says need_more, call again with the same bytes and more behind them; the buffer may have
// moved, `room` and `into` must be the same. After complete or error: reset(). A value of a few
// words, not thread-safe.
class request_parser {
 public:
  explicit request_parser(const head_limits& limits = {}) noexcept : limits_(limits) {}
  parse_result parse(std::string_view buffer, std::span<field> room, request_head& into) noexcept;
  void reset() noexcept { at_ = {}; }
  void set_limits(const head_limits& limits) noexcept { limits_ = limits; }
  // Whether a byte of the next head has been seen (an empty line alone is none).
  bool begun() const noexcept { return at_.first_line_done || at_.searched > at_.line; }

 private:
  head_limits limits_;
  detail::head_progress at_;
};

// A response's head, by the same rules; see request_parser. `to_head`: it answers a HEAD request,
// so that no body follows whatever the fields say. 1xx heads are given like any other, without a
// body. An error means: malformed, discard the connection (`status` 502).
class response_parser {
 public:
  explicit response_parser(const head_limits& limits = {}) noexcept : limits_(limits) {}
  parse_result parse(std::string_view buffer, std::span<field> room, response_head& into,
                     bool to_head) noexcept;
  void reset() noexcept { at_ = {}; }

 private:
  head_limits limits_;
  detail::head_progress at_;
};

}  // namespace weir::http
