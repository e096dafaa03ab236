#include "client_request.hpp"

#include <array>
#include <charconv>

namespace weir::http {
namespace {

void append_content_length(std::string& to, std::uint64_t length) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
  to.append("Content-Length: ")
      .append(digits.data(), static_cast<std::size_t>(end - digits.data()))
      .append("\r\n");
}

}  // namespace

void append_request_head(std::string& to, const client_request& request) {
  to.append(request.verb_token)
      .append(" ")
      .append(request.target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(request.authority)
      .append("\r\n")
      .append(request.header_lines);
  if (request.streamed && request.streamed_length)
    append_content_length(to, *request.streamed_length);
  else if (request.streamed)
    to.append("Transfer-Encoding: chunked\r\n");
  else if (!request.body.empty() || request.send_length)
    append_content_length(to, request.body.size());
  to.append("\r\n");
}

}  // namespace weir::http
