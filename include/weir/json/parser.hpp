#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "weir/base/arena.hpp"
#include "weir/base/result.hpp"
#include "weir/json/value.hpp"

namespace weir::json {

struct parse_limits {
  std::size_t depth = 512;       // containers inside one another
  std::size_t bytes = 1u << 30;  // at most what 32-bit offsets can name
};

struct parse_error {
  std::string_view reason;  // static text, fit to print: "a comma or ']' is due here"
  std::size_t offset = 0;   // of the byte that is wrong, in the text as given
};

// Reads one JSON document (RFC 8259) at a time. The bytes are validated and indexed by simdjson's
// first stage; the grammar over that index is our own, because simdjson's tree refuses integers
// above 64 bits and 1e400 and forgets where a value's bytes lie, while a gateway has to pass them
// on unchanged.
//
// Accepted: one value of any kind, white space around it, a byte-order mark before it, names given
// twice, lone surrogates in escapes. Refused: everything else the grammar refuses, invalid UTF-8
// and nesting deeper than the limit.
//
// Keeps its index between documents (4 bytes for each byte of the largest one, but never more than
// for 1 MiB). For one thread at a time: each worker has its own.
class parser {
 public:
  parser();
  ~parser();
  parser(parser&&) noexcept;
  parser& operator=(parser&&) noexcept;

  // `text` is neither copied nor padded; it must outlive the value, as must the content of
  // `memory`, which takes 16 bytes for each value and name. Throws std::bad_alloc alone.
  result<value, parse_error> parse(std::string_view text, arena& memory,
                                   const parse_limits& limits = {});

 private:
  struct index;
  struct trim_at_end;
  std::unique_ptr<index> index_;
};

struct position {
  std::size_t line = 1;
  std::size_t column = 1;  // in code points
};

// Where an offset lies in a text, for messages.
position locate(std::string_view text, std::size_t offset) noexcept;

}  // namespace weir::json
