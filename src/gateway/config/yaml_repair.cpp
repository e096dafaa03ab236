#include "yaml_repair.hpp"

#include <algorithm>

namespace weir::gateway::config {
namespace {

// The end of the expression that begins with the "${" at `from`, behind its brace; npos when it is
// not closed in this line. Braces inside and strings are its own.
std::size_t end_of_expression(std::string_view line, std::size_t from) {
  std::size_t depth = 0;
  char quote = 0;
  for (std::size_t i = from + 1; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// The first expression in `text` that is still open at its end; a trailing "$" counts, since the
// brace after it is what broke the scalar off.
std::size_t open_expression(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find('$', at)) != std::string_view::npos) {
    if (at + 1 == text.size()) return at;
    if (text[at + 1] == '$') {
      at += 2;
      continue;
    }
    if (text[at + 1] != '{') {
      ++at;
      continue;
    }
    const std::size_t end = end_of_expression(text, at);
    if (end == std::string_view::npos) return at;
    at = end;
  }
  return std::string_view::npos;
}

std::string quoted(std::string_view text) {
  if (text.find('"') == std::string_view::npos && text.find('\\') == std::string_view::npos) {
    return '"' + std::string(text) + '"';
  }
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::optional<yaml_repair::broken> yaml_repair::examine(const source& in, place scalar,
                                                        bool in_flow) {
  const std::string_view all = text_;
  const std::string_view text = all.substr(scalar.offset, scalar.length);
  const std::size_t open = open_expression(text);
  if (open == std::string_view::npos) return std::nullopt;
  std::size_t line_end = all.find('\n', scalar.offset);
  if (line_end == std::string_view::npos) line_end = all.size();
  if (line_end < scalar.end()) return std::nullopt;  // over several lines: not ours to guess
  const std::string_view line = all.substr(0, line_end);
  const std::size_t from = scalar.offset + open;
  if (from + 1 >= line.size() || line[from + 1] != '{') return std::nullopt;
  const std::size_t to = end_of_expression(line, from);
  if (to == std::string_view::npos) return std::nullopt;

  // The rest of the value belongs into the quotes as well: to the end of the line, or in flow style
  // to what ends an element there.
  std::size_t end = to;
  while (end < line.size() && line[end] != '\r') {
    const char c = line[end];
    if (in_flow && (c == ',' || c == ']' || c == '}')) break;
    if (c == '#' && (line[end - 1] == ' ' || line[end - 1] == '\t')) break;
    if (c == '$' && end + 1 < line.size() && line[end + 1] == '{') {
      const std::size_t next = end_of_expression(line, end);
      if (next == std::string_view::npos) break;
      end = next;
      continue;
    }
    ++end;
  }
  while (end > to && (line[end - 1] == ' ' || line[end - 1] == '\t')) --end;

  broken found;
  found.expression = {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to - from)};
  found.quoted = quoted(std::string_view(in.text()).substr(scalar.offset, end - scalar.offset));
  const place blot{static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(end - from)};
  for (std::size_t i = blot.offset; i < blot.end(); ++i) {
    if (static_cast<unsigned char>(text_[i]) < 0x80) text_[i] = 'x';
  }
  blots_.push_back(blot);
  return found;
}

std::optional<std::string> yaml_repair::original(const source& in, place scalar) const {
  const bool touched = std::any_of(blots_.begin(), blots_.end(), [&](const place& b) {
    return b.offset >= scalar.offset && b.offset < scalar.end();
  });
  if (!touched) return std::nullopt;
  return in.text().substr(scalar.offset, scalar.length);
}

}  // namespace weir::gateway::config
