#include "weir/base/duration_text.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace weir {
namespace {

struct unit {
  std::string_view name;
  std::int64_t size;
};

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::array<unit, 7> time_units{{{"d", 86'400 * second_ns},
                                          {"h", 3'600 * second_ns},
                                          {"m", 60 * second_ns},
                                          {"s", second_ns},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1}}};
constexpr std::array<unit, 8> byte_units{{{"B", 1},
                                          {"kB", 1'000},
                                          {"KB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"KiB", 1 << 10},
                                          {"MiB", 1 << 20},
                                          {"GiB", 1 << 30}}};

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

template <std::size_t N>
std::optional<std::int64_t> size_of(const std::array<unit, N>& units, std::string_view name) {
  for (const unit& u : units) {
    if (u.name == name) return u.size;
  }
  return std::nullopt;
}

// A non-negative decimal and the word after it, taken off the front of `text`.
struct quantity {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;        // numerator
  std::uint64_t fraction_scale = 1;  // denominator
  std::string_view unit;
};

result<quantity, std::string> take_quantity(std::string_view& text, std::string_view example) {
  quantity q;
  const auto number = std::from_chars(text.data(), text.data() + text.size(), q.whole);
  if (number.ec == std::errc::result_out_of_range) return failure(std::string("too large"));
  if (number.ec != std::errc()) {
    return failure("expected a number with a unit, such as " + std::string(example));
  }
  text.remove_prefix(static_cast<std::size_t>(number.ptr - text.data()));
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (text.empty() || !digit(text.front())) {
      return failure(std::string("expected digits after the point"));
    }
    while (!text.empty() && digit(text.front())) {
      // Beyond nine places nothing is left of a second.
      if (q.fraction_scale < 1'000'000'000) {
        q.fraction = q.fraction * 10 + static_cast<std::uint64_t>(text.front() - '0');
        q.fraction_scale *= 10;
      }
      text.remove_prefix(1);
    }
  }
  std::size_t letters = 0;
  while (letters < text.size() && !digit(text[letters])) ++letters;
  q.unit = text.substr(0, letters);
  text.remove_prefix(letters);
  if (q.unit.empty()) return failure("a unit is missing: write " + std::string(example));
  return q;
}

// whole and fraction of `size`, if it fits a signed 64-bit number.
std::optional<std::int64_t> scaled(const quantity& q, std::int64_t size) {
  __extension__ using wide = unsigned __int128;
  const auto usize = static_cast<std::uint64_t>(size);
  const wide total =
      static_cast<wide>(q.whole) * usize + static_cast<wide>(q.fraction) * usize / q.fraction_scale;
  if (total > static_cast<wide>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

}  // namespace

result<duration, std::string> parse_duration(std::string_view text) {
  if (text.empty()) return failure(std::string("expected a duration such as 250ms or 1m30s"));
  if (text.front() == '-') return failure(std::string("a duration cannot be negative"));
  std::int64_t total = 0;
  std::int64_t last_unit = std::numeric_limits<std::int64_t>::max();
  while (!text.empty()) {
    auto q = take_quantity(text, "250ms, 1s or 1m30s");
    if (!q) return failure(std::move(q).error());
    const auto size = size_of(time_units, q->unit);
    if (!size) {
      return failure("unknown unit '" + std::string(q->unit) + "': one of ns, us, ms, s, m, h, d");
    }
    if (*size >= last_unit) {
      return failure(std::string("units go from large to small, each once: 1m30s"));
    }
    last_unit = *size;
    const auto part = scaled(*q, *size);
    if (!part || *part > std::numeric_limits<std::int64_t>::max() - total) {
      return failure(std::string("too large"));
    }
    total += *part;
  }
  return duration(std::chrono::nanoseconds(total));
}

std::string format_duration(duration d) {
  std::int64_t left = std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
  if (left == 0) return "0s";
  std::string out;
  std::uint64_t magnitude = static_cast<std::uint64_t>(left);
  if (left < 0) {
    out += '-';
    magnitude = ~magnitude + 1;
  }
  for (const unit& u : time_units) {
    const auto size = static_cast<std::uint64_t>(u.size);
    if (magnitude < size) continue;
    out += std::to_string(magnitude / size);
    out += u.name;
    magnitude %= size;
  }
  return out;
}

result<std::uint64_t, std::string> parse_bytes(std::string_view text) {
  if (text.empty()) return failure(std::string("expected a size such as 64KiB or 1MB"));
  auto q = take_quantity(text, "64KiB or 1MB");
  if (!q) return failure(std::move(q).error());
  const auto size = size_of(byte_units, q->unit);
  if (!size || !text.empty()) {
    return failure("unknown unit '" + std::string(q->unit) +
                   "': one of B, kB, MB, GB, KiB, MiB, GiB");
  }
  const auto bytes = scaled(*q, *size);
  if (!bytes) return failure(std::string("too large"));
  return static_cast<std::uint64_t>(*bytes);
}

std::string format_bytes(std::uint64_t bytes) {
  for (const std::string_view name : {"GiB", "MiB", "KiB"}) {
    const auto size = static_cast<std::uint64_t>(*size_of(byte_units, name));
    if (bytes >= size && bytes % size == 0) return std::to_string(bytes / size) + std::string(name);
  }
  return std::to_string(bytes) + "B";
}

}  // namespace weir
