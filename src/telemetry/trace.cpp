#include "weir/telemetry/trace.hpp"

#include <array>
#include <cstring>

namespace weir::telemetry {
namespace {

// Both digits of every byte: one look-up writes two.
constexpr auto byte_digits = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 512> all{};
  for (std::size_t i = 0; i < 256; ++i) {
    all[2 * i] = digits[i >> 4];
    all[2 * i + 1] = digits[i & 15];
  }
  return all;
}();

void write_hex(char* to, std::uint64_t value, int bytes) noexcept {
  for (int i = bytes - 1; i >= 0; --i) {
    std::memcpy(to + 2 * i, byte_digits.data() + 2 * (value & 0xff), 2);
    value >>= 8;
  }
}

// Lower-case digits only, as the recommendation demands.
std::optional<std::uint64_t> read_hex(std::string_view text) noexcept {
  std::uint64_t value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
    value = value << 4 | digit;
  }
  return value;
}

std::uint64_t not_zero(random_source& random) noexcept {
  std::uint64_t value = random.next();
  while (value == 0) value = random.next();
  return value;
}

}  // namespace

std::optional<trace_context> trace_context::parse(std::string_view text) noexcept {
  if (text.size() < header_length || text[2] != '-' || text[35] != '-' || text[52] != '-') {
    return std::nullopt;
  }
  const auto version = read_hex(text.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  // Later versions may append fields after a dash; version 0 has exactly this length.
  if (text.size() > header_length && (*version == 0 || text[header_length] != '-')) {
    return std::nullopt;
  }
  const auto high = read_hex(text.substr(3, 16));
  const auto low = read_hex(text.substr(19, 16));
  const auto span = read_hex(text.substr(36, 16));
  const auto flags = read_hex(text.substr(53, 2));
  if (!high || !low || !span || !flags) return std::nullopt;
  if ((*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return trace_context{*high, *low, *span, static_cast<std::uint8_t>(*flags & 1)};
}

trace_context trace_context::begin(random_source& random) noexcept {
  return {random.next(), not_zero(random), not_zero(random), 0};
}

trace_context trace_context::child(random_source& random) const noexcept {
  trace_context of = *this;
  of.span = not_zero(random);
  return of;
}

void trace_context::write_header(char (&to)[header_length]) const noexcept {
  to[0] = to[1] = '0';
  to[2] = to[35] = to[52] = '-';
  write_hex(to + 3, trace_high, 8);
  write_hex(to + 19, trace_low, 8);
  write_hex(to + 36, span, 8);
  write_hex(to + 53, flags, 1);
}

void trace_context::write_trace_id(char (&to)[trace_id_length]) const noexcept {
  write_hex(to, trace_high, 8);
  write_hex(to + 16, trace_low, 8);
}

}  // namespace weir::telemetry
