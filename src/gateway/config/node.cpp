#include "weir/gateway/config/node.hpp"

#include <algorithm>

namespace weir::gateway::config {
namespace {

bool blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// How many bytes an escape of a double-quoted scalar takes in the file, the backslash included.
std::size_t escape_length(std::string_view raw, std::size_t at) noexcept {
  if (at + 1 >= raw.size()) return 1;
  switch (raw[at + 1]) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}

std::size_t character_length(char first) noexcept {
  const auto c = static_cast<unsigned char>(first);
  return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

}  // namespace

const node* node::find(std::string_view key) const noexcept {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

// Walks the text and what stands in the file side by side. White space is where they differ most
// (folds, indentation), so blanks of one are matched with any run of blanks in the other.
std::size_t offset_in_source(const node& scalar, const source& in, std::size_t offset) {
  const std::string_view raw = std::string_view(in.text()).substr(
      std::min<std::size_t>(scalar.where.offset, in.text().size()), scalar.where.length);
  const std::string_view text = scalar.text;
  std::size_t r = 0;
  std::size_t t = 0;
  while (t < offset && t < text.size() && r < raw.size()) {
    if (scalar.written == node::style::double_quoted && raw[r] == '\\') {
      if (r + 1 < raw.size() && (raw[r + 1] == '\n' || raw[r + 1] == '\r')) {
        r += 1;  // a line that goes on: nothing of it is in the text
        while (r < raw.size() && blank(raw[r])) ++r;
        continue;
      }
      t += character_length(text[t]);
      r += escape_length(raw, r);
    } else if (scalar.written == node::style::single_quoted && raw.substr(r, 2) == "''") {
      t += 1;
      r += 2;
    } else if (raw[r] == text[t]) {
      ++t, ++r;
      if (raw[r - 1] == '\n') {  // the indentation of the next line
        while (r < raw.size() && raw[r] == ' ' && (t >= text.size() || text[t] != ' ')) ++r;
      }
    } else if (blank(raw[r])) {
      while (r < raw.size() && blank(raw[r])) ++r;
      while (t < text.size() && blank(text[t])) ++t;
    } else if (blank(text[t])) {
      ++t;
    } else {
      ++t, ++r;
    }
  }
  // What is asked for is no blank: indentation that lies before it is not it.
  if (t < text.size() && !blank(text[t])) {
    while (r < raw.size() && blank(raw[r])) ++r;
  }
  return scalar.where.offset + std::min(r, raw.size());
}

std::string_view describe(const node& n) noexcept {
  switch (n.what) {
    case node::kind::list:
      return "a list";
    case node::kind::mapping:
      return "a mapping";
    case node::kind::scalar:
      return n.is_plain() && (n.text == "null" || n.text == "~") ? "null" : "text";
    case node::kind::empty:
      break;
  }
  return "nothing";
}

}  // namespace weir::gateway::config
