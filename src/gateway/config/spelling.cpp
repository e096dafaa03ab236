#include "weir/gateway/config/spelling.hpp"

#include <algorithm>
#include <array>

namespace weir::gateway::config {
namespace {

constexpr std::string_view hex = "0123456789ABCDEF";

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool escape_at(std::string_view text, std::size_t at) noexcept {
  return at + 2 < text.size() && nibble(text[at + 1]) >= 0 && nibble(text[at + 2]) >= 0;
}

bool alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr std::string_view in_query = "-._~!$'()*,;:@/?";

void append(std::string& to, char c, std::string_view allowed) {
  if (alphanumeric(c) || allowed.find(c) != std::string_view::npos) {
    to += c;
    return;
  }
  to += '%';
  to += hex[static_cast<unsigned char>(c) >> 4];
  to += hex[static_cast<unsigned char>(c) & 15];
}

std::optional<std::string> encode(std::string_view literal, std::string_view allowed) {
  std::string out;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '%') {
      append(out, literal[i], allowed);
      continue;
    }
    if (!escape_at(literal, i)) return std::nullopt;
    out += literal.substr(i, 3);
    i += 2;
  }
  return out;
}

}  // namespace

std::optional<std::string> encode_path(std::string_view literal) {
  return encode(literal, "-._~!$&'()*+,;=:@/");
}

std::optional<std::string> encode_query(std::string_view literal) {
  return encode(literal, in_query);
}

std::string spell_in_query(std::string_view meant) {
  std::string out;
  for (const char c : meant) append(out, c, in_query);
  return out;
}

std::optional<std::string> decode(std::string_view encoded) {
  std::string out;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      out += encoded[i];
      continue;
    }
    if (!escape_at(encoded, i)) return std::nullopt;
    out += static_cast<char>(nibble(encoded[i + 1]) * 16 + nibble(encoded[i + 2]));
    i += 2;
  }
  return out;
}

bool leaves_segment(std::string_view path) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const auto segment = decode(path.substr(begin, end - begin));
    if (segment && (*segment == "." || *segment == "..")) return true;
    begin = end + 1;
  }
  return false;
}

bool is_token(std::string_view text) noexcept {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return c == '\t' || (u >= 0x20 && u != 0x7f);
  });
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::span<const std::string_view> cause_names() noexcept {
  static constexpr std::string_view names[]{
      "connect_refused",  "connect_timeout",    "response_timeout", "reset",
      "truncated",        "malformed",          "too_large",        "bad_status",
      "not_json",         "not_text",           "wrong_kind",       "missing_field",
      "expression_error", "dns_error",          "tls_error",        "too_many_items",
      "bad_path",         "breaker_open",       "no_instance",      "pool_full",
      "limit_reached",    "rate_limited",       "deadline",         "caller_deadline",
      "cancelled",        "client_gone",        "client_slow",      "bad_request",
      "not_found",        "method_not_allowed", "required",         "internal"};
  return names;
}

bool is_our_field(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 11> ours{
      "connection", "content-length", "expect",  "host", "keep-alive",       "proxy-connection",
      "te",         "trailer",        "upgrade", "date", "transfer-encoding"};
  return std::find(ours.begin(), ours.end(), name) != ours.end();
}

bool is_told_anyway(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 4> told{
      "traceparent", "tracestate", "x-envoy-expected-rq-timeout-ms", "weir-partial"};
  return std::find(told.begin(), told.end(), name) != told.end();
}

}  // namespace weir::gateway::config
