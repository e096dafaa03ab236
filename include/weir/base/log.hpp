#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "weir/base/clock.hpp"

// Structured logging: a constant message and named values, to one sink for the process. Nothing is
// formatted unless the level is on; the check is one relaxed load.
namespace weir::log {

// How much a record matters; as a threshold, the least that is written. `off` lets nothing through.
enum class level : std::uint8_t { debug, info, warn, error, off };

// "DEBUG" and so on.
std::string_view to_string(level l) noexcept;

// What a field can hold.
using value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

// One named value. Views its text: it lives no longer than the call that logs it.
struct field {
  template <std::signed_integral T>
  field(std::string_view k, T v) : key(k), val(static_cast<std::int64_t>(v)) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  field(std::string_view k, T v) : key(k), val(static_cast<std::uint64_t>(v)) {}
  template <std::same_as<bool> T>
  field(std::string_view k, T v) : key(k), val(v) {}
  field(std::string_view k, double v) : key(k), val(v) {}
  field(std::string_view k, std::string_view v) : key(k), val(v) {}
  field(std::string_view k, const std::string& v) : key(k), val(std::string_view(v)) {}
  field(std::string_view k, const char* v) : key(k), val(std::string_view(v)) {}

  std::string_view key;
  value val;
};

// What a sink is given. Views: it lives no longer than the call.
struct record {
  level severity;
  std::chrono::system_clock::time_point at;
  std::string_view message;
  std::span<const field> fields;
};

// Where records go. write() is called from any thread at the same time and must not throw or wait
// for long.
class sink {
 public:
  virtual ~sink() = default;
  virtual void write(const record& r) noexcept = 0;
};

// Installs a sink; null brings back the default (one line of text on stderr). The sink must stay
// alive until it is replaced and no thread logs through it.
void set_sink(sink* s) noexcept;

// Records below this level are dropped before anything is made. Default: info.
void set_level(level least) noexcept;

namespace detail {
extern std::atomic<level> least;
}

// Whether such a record would be written.
inline bool enabled(level l) noexcept {
  return l >= detail::least.load(std::memory_order_relaxed);
}

// Hands a record to the sink if the level is on.
void write(level l, std::string_view message, std::span<const field> fields) noexcept;

// The same, the fields in braces.
inline void write(level l, std::string_view message,
                  std::initializer_list<field> fields = {}) noexcept {
  if (enabled(l)) write(l, message, std::span<const field>(fields.begin(), fields.size()));
}
// For whoever looks for a fault.
inline void debug(std::string_view message, std::initializer_list<field> fields = {}) noexcept {
  write(level::debug, message, fields);
}
// What a person may like to know afterwards.
inline void info(std::string_view message, std::initializer_list<field> fields = {}) noexcept {
  write(level::info, message, fields);
}
// What a person should look at.
inline void warn(std::string_view message, std::initializer_list<field> fields = {}) noexcept {
  write(level::warn, message, fields);
}
// What did not work.
inline void error(std::string_view message, std::initializer_list<field> fields = {}) noexcept {
  write(level::error, message, fields);
}

// The default sink's line, without the newline: `2025-01-31T12:00:00.123Z WARN circuit opened
// name=author failures=5`. Values with spaces, quotes or control characters are quoted and escaped,
// so that no value can forge a line.
std::string format_line(const record& r);

}  // namespace weir::log
