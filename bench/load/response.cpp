#include "load/response.hpp"

#include <strings.h>

#include <charconv>

namespace bench {
namespace {

bool begins_with(std::string_view line, std::string_view lower_case) {
  return line.size() >= lower_case.size() &&
         ::strncasecmp(line.data(), lower_case.data(), lower_case.size()) == 0;
}

}  // namespace

void response_reader::clear() {
  head_.clear();
  received_ = 0;
  length_ = 0;
  status_ = 0;
  in_body_ = false;
  closes_ = false;
}

response_reader::state response_reader::feed(std::string_view bytes) {
  if (in_body_) {
    received_ += bytes.size();
  } else {
    // The usual answer is whole in one read; only a split head is kept.
    std::string_view seen = bytes;
    if (!head_.empty()) seen = head_.append(bytes);
    const std::size_t end = seen.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (head_.empty()) head_ = bytes;
      return head_.size() > 64 * 1024 ? state::unreadable : state::incomplete;
    }
    if (!read_head(seen.substr(0, end + 2))) return state::unreadable;
    in_body_ = true;
    received_ = seen.size() - (end + 4);
  }
  if (received_ > length_) return state::unreadable;
  return received_ == length_ ? state::complete : state::incomplete;
}

bool response_reader::read_head(std::string_view head) {
  constexpr std::string_view version = "HTTP/1.1 ";
  if (!head.starts_with(version) || head.size() < version.size() + 3) return false;
  const char* digits = head.data() + version.size();
  if (std::from_chars(digits, digits + 3, status_).ec != std::errc{}) return false;
  bool has_length = false;
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at)) {
    const std::string_view line = head.substr(++at);
    if (begins_with(line, "content-length:")) {
      const char* first = line.data() + 15;
      while (*first == ' ') ++first;
      has_length = std::from_chars(first, line.data() + line.size(), length_).ec == std::errc{};
    } else if (begins_with(line, "connection: close")) {
      closes_ = true;
    }
  }
  return has_length;
}

}  // namespace bench
