#include "weir/gateway/expression/url.hpp"

#include "weir/gateway/expression/output.hpp"

namespace weir::gateway::expression {
namespace {

bool unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

void append_percent_encoded(std::string& to, std::string_view text) {
  constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (unreserved(c)) {
      to.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    to.push_back('%');
    to.push_back(hex[byte >> 4]);
    to.push_back(hex[byte & 15]);
  }
}

std::string_view describe(slot_outcome outcome) noexcept {
  switch (outcome) {
    case slot_outcome::ok:
      return "the value is sent";
    case slot_outcome::dropped:
      return "the value is null, its parameter is left out";
    case slot_outcome::empty:
      return "the value is null, missing or empty";
    case slot_outcome::dots:
      return "the value is '.' or '..'";
    case slot_outcome::failed:
      return "the value cannot stand in a URL";
  }
  return "";
}

slot_outcome append_url_segment(std::string& to, const value& of, arena& memory) {
  if (of.is_error() || of.is_list() || of.is_map()) return slot_outcome::failed;
  if (of.is_absent()) return slot_outcome::empty;
  const auto text = to_text(of, memory).as_text(memory);
  if (!text) return slot_outcome::failed;
  if (text->empty()) return slot_outcome::empty;
  if (*text == "." || *text == "..") return slot_outcome::dots;
  append_percent_encoded(to, *text);
  return slot_outcome::ok;
}

slot_outcome append_query_value(std::string& to, const value& of, arena& memory) {
  if (of.is_error() || of.is_list() || of.is_map()) return slot_outcome::failed;
  if (of.is_null()) return slot_outcome::dropped;
  if (of.is_missing()) return slot_outcome::empty;
  const auto text = to_text(of, memory).as_text(memory);
  if (!text) return slot_outcome::failed;
  append_percent_encoded(to, *text);
  return slot_outcome::ok;
}

}  // namespace weir::gateway::expression
