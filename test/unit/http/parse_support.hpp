#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/http/parser.hpp"

namespace weir::http::test {

// Parses a request out of memory of its exact size (so that a sanitizer sees any look behind the
// end), at once or cut into pieces.
struct request_parse {
  explicit request_parse(std::string_view text, const head_limits& limits = {},
                         std::size_t piece = 0)
      : bytes(std::make_unique<char[]>(text.size())), room(limits.fields + 1) {
    request_parser parser(limits);
    std::size_t given = 0;
    do {
      const std::size_t more = piece == 0 ? text.size() : std::min(piece, text.size() - given);
      // Every other piece moves the buffer, as a growing one does.
      if (piece != 0 && (given / piece) % 2 == 1) bytes = std::make_unique<char[]>(text.size());
      given += more;
      std::copy_n(text.data(), given, bytes.get());
      result = parser.parse(std::string_view(bytes.get(), given), room, head);
    } while (result.state == parse_result::outcome::need_more && given < text.size());
  }

  std::unique_ptr<char[]> bytes;
  std::vector<field> room;
  request_head head;
  parse_result result;
};

struct response_parse {
  explicit response_parse(std::string_view text, bool to_head = false,
                          const head_limits& limits = {}, std::size_t piece = 0)
      : bytes(text), room(limits.fields + 1) {
    response_parser parser(limits);
    std::size_t given = 0;
    do {
      given = piece == 0 ? bytes.size() : std::min(bytes.size(), given + piece);
      result = parser.parse(std::string_view(bytes).substr(0, given), room, head, to_head);
    } while (result.state == parse_result::outcome::need_more && given < bytes.size());
  }

  std::string bytes;
  std::vector<field> room;
  response_head head;
  parse_result result;
};

}  // namespace weir::http::test
