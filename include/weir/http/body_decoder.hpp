#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "weir/http/message.hpp"

namespace weir::http {

struct body_limits {
  std::uint64_t body_bytes = std::numeric_limits<std::uint64_t>::max();  // above: 413
  std::size_t extension_bytes = 1024;  // of one chunk; sixteen times that for all of a body
  std::size_t trailer_bytes = 8 * 1024;
  std::size_t trailer_fields = 64;
};

// Takes the framing off a body: by length, chunked, or until the connection closes. Sans-I/O,
// without copies or allocation: bytes go in as they come, slices of them come out. Strict: a chunk
// size that is not plain hex, overflows or has white space at it, a bare line feed, an endless
// extension or trailer are errors. Trailer fields are checked and dropped. A small value, not
// thread-safe.
//
//   while (!input.empty() || !decoder.done()) {
//     auto step = decoder.decode(input);
//     input.remove_prefix(step.consumed);
//     if (step.state == data) use(step.data); else if (step.state == need_more) …read more…
//   }
class body_decoder {
 public:
  enum class outcome : std::uint8_t {
    need_more,  // all input was consumed
    data,       // `data` is a piece of the body; call again with the rest
    done,       // the body is complete; what was not consumed belongs to the next message
    error
  };
  struct step {
    outcome state = outcome::need_more;
    int status = 0;  // error: 400 or 413
    std::size_t consumed = 0;
    std::string_view data = {};    // never empty with outcome::data
    std::string_view detail = {};  // error: one sentence of static text
  };

  body_decoder() noexcept = default;  // no body: done
  static body_decoder of_length(std::uint64_t bytes, const body_limits& limits = {}) noexcept;
  static body_decoder chunked(const body_limits& limits = {}) noexcept;
  static body_decoder until_close(const body_limits& limits = {}) noexcept;
  static body_decoder of(const request_head& head, const body_limits& limits = {}) noexcept;
  static body_decoder of(const response_head& head, const body_limits& limits = {}) noexcept;

  // The last piece comes as `data`; `done` follows with the next call (empty input will do), and
  // done() is true already with the last piece where nothing else is due.
  step decode(std::string_view input) noexcept;
  bool done() const noexcept { return state_ == state::done; }
  // The connection has ended: whether the body is complete by that (until close), or was complete
  // before.
  bool end_of_input() noexcept;
  std::uint64_t received() const noexcept { return received_; }  // bytes of content so far

 private:
  enum class state : std::uint8_t {
    done,
    length,
    until_close,
    size_first,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_first,
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,
    failed
  };
  step fail(int status, std::string_view detail, std::size_t consumed) noexcept;
  step take(std::string_view input, std::size_t from) noexcept;
  step frame(std::string_view input) noexcept;

  body_limits limits_;
  state state_ = state::done;
  std::uint8_t digits_ = 0;
  std::uint8_t extension_part_ = 0;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  std::uint64_t received_ = 0;
  std::size_t extension_ = 0;  // bytes of this chunk's extensions
  std::size_t all_extensions_ = 0;
  std::size_t trailer_ = 0;
  std::size_t trailer_count_ = 0;
};

}  // namespace weir::http
