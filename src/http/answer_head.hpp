#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::http {

// The head of an answer: what the handler gives, and what is the server's to say.
struct answer_head {
  enum class frame : std::uint8_t { none, length, chunked };
  enum class connection : std::uint8_t { unsaid, close, keep_alive };

  int status = 200;
  std::string_view header_lines;
  frame framing = frame::none;
  std::uint64_t length = 0;
  connection persistence = connection::unsaid;
  std::string_view date_line;
  std::string_view server_name;
};

// Appends it to `to`, the empty line included.
void write_head(const answer_head& head, std::string& to);

}  // namespace weir::http
