#include "answer_head.hpp"

#include <array>
#include <charconv>

#include "weir/http/message.hpp"

namespace weir::http {
namespace {

void append_number(std::uint64_t value, std::string& to) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  to.append(digits.data(), end);
}

}  // namespace

void write_head(const answer_head& head, std::string& to) {
  to += "HTTP/1.1 ";
  append_number(static_cast<std::uint64_t>(head.status), to);
  to += ' ';
  to += reason_phrase(head.status);
  to += "\r\n";
  to += head.header_lines;
  if (head.framing == answer_head::frame::length) {
    to += "Content-Length: ";
    append_number(head.length, to);
    to += "\r\n";
  } else if (head.framing == answer_head::frame::chunked) {
    to += "Transfer-Encoding: chunked\r\n";
  }
  if (head.persistence == answer_head::connection::close) {
    to += "Connection: close\r\n";
  } else if (head.persistence == answer_head::connection::keep_alive) {
    to += "Connection: keep-alive\r\n";
  }
  to += head.date_line;
  if (!head.server_name.empty()) {
    to += "Server: ";
    to += head.server_name;
    to += "\r\n";
  }
  to += "\r\n";
}

}  // namespace weir::http
