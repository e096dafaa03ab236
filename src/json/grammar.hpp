#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "weir/json/parser.hpp"

namespace weir::json {

// The second pass over a document whose structural characters are known: checks the grammar of RFC
// 8259 to the letter and writes down the nodes.
//
// What it relies on from the first pass: `starts` names, in order, the first byte of every token
// outside strings (a bracket, comma, colon, quote, or the beginning of anything else), the bytes
// are valid UTF-8 inside strings, all strings are closed and no control character stands in one.
class grammar {
 public:
  enum class outcome { ok, wrong, no_room };

  grammar(std::string_view text, std::span<const std::uint32_t> starts, std::size_t depth) noexcept
      : text_(text), starts_(starts), depth_limit_(depth) {}

  // no_room: `nodes` was too small. (tokens + 1) / 2 nodes are enough for every valid document,
  // since each value but the first has a comma, colon or bracket of its own before it.
  outcome run(std::span<node> nodes) noexcept;

  std::uint32_t nodes_used() const noexcept { return used_; }
  const parse_error& error() const noexcept { return error_; }

 private:
  bool value() noexcept;
  bool open(kind k) noexcept;
  bool key() noexcept;
  bool string() noexcept;
  bool number() noexcept;
  bool literal(std::string_view word, kind k) noexcept;
  bool escapes(std::size_t begin, std::size_t end) noexcept;
  bool first_or_close() noexcept;
  bool after_value() noexcept;
  bool close() noexcept;
  bool add(kind k, std::size_t begin, std::size_t end, std::uint32_t flags) noexcept;
  bool count_child() noexcept;
  bool ends_token(std::size_t at) const noexcept;
  bool fail(std::string_view reason, std::size_t offset) noexcept;
  bool fail_here(std::string_view reason) noexcept;

  bool more() const noexcept { return token_ < starts_.size(); }
  char peek() const noexcept { return text_[starts_[token_]]; }

  static constexpr std::uint32_t nobody = ~0u;

  std::string_view text_;
  std::span<const std::uint32_t> starts_;
  std::size_t depth_limit_;
  std::span<node> nodes_;
  std::size_t token_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t parent_ = nobody;  // the container that is open; its `next` names the one around it
  std::size_t depth_ = 0;
  bool value_due_ = true;
  bool full_ = false;
  parse_error error_;
};

}  // namespace weir::json
