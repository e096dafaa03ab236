#include "weir/http/uri.hpp"

#include <algorithm>
#include <cstring>

#include "characters.hpp"

namespace weir::http {
namespace {

// pchar of RFC 3986 and the slash: what a path may hold unencoded.
constexpr auto path_class = detail::make_class([](unsigned char c) {
  return detail::unreserved_class[c] ||
         std::string_view("!$&'()*+,;=:@/").find(static_cast<char>(c)) != std::string_view::npos;
});

constexpr char hex_digits[] = "0123456789ABCDEF";

void append_escape(unsigned char c, std::string& to) {
  to += '%';
  to += hex_digits[c >> 4];
  to += hex_digits[c & 15];
}

// The byte that text[at…] escapes, or -1.
int escaped_byte(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 3) return -1;
  const int high = detail::hex_value(text[at + 1]);
  const int low = detail::hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool is_normal(std::string_view path) noexcept {
  char before = 0;
  for (const char c : path) {
    // A dot behind a slash may be a dot segment; the slow path decides.
    if (!path_class[static_cast<unsigned char>(c)] || (before == '/' && (c == '/' || c == '.')))
      return false;
    before = c;
  }
  return true;
}

// One spelling for each character; false for what no path may hold.
bool respell(std::string_view path, std::string& to) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto c = static_cast<unsigned char>(path[i]);
    const bool escaped = c == '%';
    if (escaped) {
      const int byte = escaped_byte(path, i);
      if (byte < 0) return false;
      c = static_cast<unsigned char>(byte);
      i += 2;
    }
    if (c < 0x20 || c == 0x7f || c == '\\') return false;
    if (escaped ? detail::unreserved_class[c] : path_class[c]) {
      to += static_cast<char>(c);
    } else {
      append_escape(c, to);
    }
  }
  return true;
}

bool is_dots(std::string_view part) noexcept {
  return part == "." || part == "..";
}

// Whether decoding %2F would make a dot segment out of a part of this one.
bool hides_dots(std::string_view segment) noexcept {
  auto slash = segment.find("%2F");
  if (slash == std::string_view::npos) return false;
  for (;;) {
    if (is_dots(segment.substr(0, slash))) return true;
    if (slash == std::string_view::npos) return false;
    segment.remove_prefix(slash + 3);
    slash = segment.find("%2F");
  }
}

// RFC 3986 5.2.4 on `path`, in place, and empty segments dropped.
bool resolve(std::string& path) {
  std::size_t out = 0;  // path[0, out) is done: "" or "/a/b"
  std::size_t at = 0;
  bool directory = false;  // ends in a slash
  while (at < path.size()) {
    const std::size_t begin = at + 1;  // behind the slash
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = std::string_view(path).substr(begin, end - begin);
    at = end;
    directory = segment.empty() || is_dots(segment);
    if (segment == "..") {
      if (out == 0) return false;
      out = path.rfind('/', out - 1);
    } else if (!directory) {
      if (hides_dots(segment)) return false;
      path[out++] = '/';
      std::memmove(path.data() + out, path.data() + begin, end - begin);
      out += end - begin;
    }
  }
  path.resize(out);
  if (directory || out == 0) path += '/';
  return true;
}

}  // namespace

bool percent_decode(std::string_view text, std::string& to) {
  to.reserve(to.size() + text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      to += text[i];
      continue;
    }
    const int byte = escaped_byte(text, i);
    if (byte < 0) return false;
    to += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

void percent_encode(std::string_view text, std::string& to) {
  to.reserve(to.size() + text.size());
  for (const char c : text) {
    if (detail::is_unreserved(c)) {
      to += c;
    } else {
      append_escape(static_cast<unsigned char>(c), to);
    }
  }
}

std::optional<std::string_view> normalise_path(std::string_view path, std::string& storage) {
  if (path == "*") return path;
  if (path.empty() || path.front() != '/') return std::nullopt;
  if (is_normal(path)) return path;
  storage.clear();
  if (!respell(path, storage) || !resolve(storage)) return std::nullopt;
  return storage;
}

}  // namespace weir::http
