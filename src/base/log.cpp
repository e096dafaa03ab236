#include "weir/base/log.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <type_traits>

namespace weir::log {
namespace {

class stderr_sink final : public sink {
 public:
  void write(const record& r) noexcept override {
    try {
      std::string line = format_line(r);
      line += '\n';
      // One write for each line keeps lines of several threads whole. A short or failed write to
      // stderr has nowhere to be reported.
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    } catch (...) {
      // Out of memory: losing a log line is the smaller harm.
    }
  }
};

stderr_sink default_sink;
std::atomic<sink*> current{nullptr};

void append_time(std::string& out, std::chrono::system_clock::time_point at) {
  using namespace std::chrono;
  const auto millis = floor<milliseconds>(at.time_since_epoch());
  const std::time_t seconds = static_cast<std::time_t>(floor<std::chrono::seconds>(millis).count());
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const int n = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                              parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                              parts.tm_min, parts.tm_sec, static_cast<int>(millis.count() % 1000));
  out.append(text.data(), static_cast<std::size_t>(n));
}

bool plain(std::string_view text) noexcept {
  if (text.empty()) return false;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u == 0x7f || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

void append_text(std::string& out, std::string_view text, bool quoted) {
  static constexpr char hex[] = "0123456789abcdef";
  if (quoted) out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (u < 0x20 || u == 0x7f) {
      out += "\\x";
      out += hex[u >> 4];
      out += hex[u & 15];
    } else {
      if (quoted && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
  }
  if (quoted) out += '"';
}

void append_value(std::string& out, const value& v) {
  std::visit(
      [&out](const auto& x) {
        using type = std::remove_cvref_t<decltype(x)>;
        if constexpr (std::is_same_v<type, std::string_view>) {
          append_text(out, x, !plain(x));
        } else if constexpr (std::is_same_v<type, bool>) {
          out += x ? "true" : "false";
        } else {
          std::array<char, 32> text{};
          const auto end = std::to_chars(text.data(), text.data() + text.size(), x).ptr;
          out.append(text.data(), end);
        }
      },
      v);
}

}  // namespace

namespace detail {
std::atomic<level> least{level::info};
}

std::string_view to_string(level l) noexcept {
  switch (l) {
    case level::debug:
      return "DEBUG";
    case level::info:
      return "INFO";
    case level::warn:
      return "WARN";
    case level::error:
      return "ERROR";
    case level::off:
      return "OFF";
  }
  return "?";
}

void set_sink(sink* s) noexcept {
  current.store(s, std::memory_order_release);
}

void set_level(level l) noexcept {
  detail::least.store(l, std::memory_order_relaxed);
}

void write(level l, std::string_view message, std::span<const field> fields) noexcept {
  if (!enabled(l)) return;
  sink* to = current.load(std::memory_order_acquire);
  (to ? *to : default_sink).write(record{l, wall_now(), message, fields});
}

std::string format_line(const record& r) {
  std::string out;
  out.reserve(96 + r.message.size() + r.fields.size() * 24);
  append_time(out, r.at);
  out += ' ';
  out += to_string(r.severity);
  out += ' ';
  append_text(out, r.message, false);
  for (const field& f : r.fields) {
    out += ' ';
    out += f.key;
    out += '=';
    append_value(out, f.val);
  }
  return out;
}

}  // namespace weir::log
