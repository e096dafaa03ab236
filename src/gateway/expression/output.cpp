#include "weir/gateway/expression/output.hpp"

#include <charconv>
#include <cmath>

#include "weir/json/utf8.hpp"

namespace weir::gateway::expression {
namespace {

using storage = value::storage;

constexpr error_info no_text{error_kind::bad_value, "these bytes are no UTF-8 text"};

constexpr error_info too_long{error_kind::limit, "the value is too large to be written"};

std::string base64(std::string_view bytes) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < here ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(j <= here ? letters[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return out;
}

class json_output {
 public:
  json_output(json::writer& to, arena& memory, std::size_t most)
      : to_(to), memory_(memory), end_(to.buffer().size() + most) {}

  written out;

  void put(const value& v) {
    if (!fits(v)) return;
    switch (v.kept_as()) {
      case storage::null:
        to_.null();
        return;
      case storage::missing:
        out.missing = true;
        to_.null();
        return;
      case storage::error:
        if (!out.error) out.error = v.as_error();
        to_.null();
        return;
      case storage::boolean:
        to_.boolean(v.boolean_here());
        return;
      case storage::integer:
        to_.integer(v.integer_here());
        return;
      case storage::uinteger:
        to_.unsigned_integer(v.uinteger_here());
        return;
      case storage::real:
        to_.number(v.real_here());
        return;
      case storage::text:
        to_.string(v.text_here());
        return;
      case storage::bytes:
        to_.string(base64(v.text_here()));
        return;
      case storage::json:
        to_.value(v.json_here());
        return;
      case storage::type:
        to_.string(name_of(v.type_here()));
        return;
      case storage::list:
        to_.begin_array();
        for (const value& element : v.list_here()) put(element);
        to_.end_array();
        return;
      case storage::map:
        put_entries(v.map_here());
        return;
      case storage::source:
        put(v.source_here().all(memory_));
        return;
    }
  }

 private:
  bool fits(const value& v) {
    std::size_t length = 1;
    if (v.kept_as() == storage::json) length = v.json_here().raw().size();
    if (v.kept_as() == storage::text || v.kept_as() == storage::bytes)
      length = v.text_here().size();
    if (out.error == &too_long) return false;
    if (to_.buffer().size() + length <= end_) return true;
    out.error = &too_long;
    return false;
  }

  void put_entries(std::span<const map_entry> entries) {
    to_.begin_object();
    for (const auto& entry : entries) {
      if (entry.key.kept_as() == storage::json && entry.key.get_type() == type::text) {
        to_.raw_key(entry.key.json_here().raw());
      } else {
        to_.key(to_text(entry.key, memory_).as_text(memory_).value_or(std::string_view()));
      }
      put(entry.content);
    }
    to_.end_object();
  }

  json::writer& to_;
  arena& memory_;
  std::size_t end_;
};

template <class Number>
value number_text(Number number, arena& memory) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return value::text(memory.copy({digits, static_cast<std::size_t>(end - digits)}));
}

value real_text(double number, arena& memory) {
  if (std::isnan(number)) return value::text("NaN");
  if (std::isinf(number)) return value::text(number < 0 ? "-Infinity" : "Infinity");
  char digits[json::longest_number];
  return value::text(memory.copy(json::format_number(number, digits)));
}

value container_text(const value& of, arena& memory) {
  std::string text;
  json::writer to(text);
  const auto done = write_json(of, to, memory);
  if (done.error) return value::error(*done.error);
  return value::text(memory.copy(text));
}

}  // namespace

written write_json(const value& of, json::writer& to, arena& memory, std::size_t most) {
  json_output output(to, memory, most);
  output.put(of);
  return output.out;
}

value to_text(const value& of, arena& memory) {
  switch (of.kept_as()) {
    case storage::null:
    case storage::missing:
    case storage::error:
    case storage::text:
      return of;
    case storage::boolean:
      return value::text(of.boolean_here() ? "true" : "false");
    case storage::integer:
      return number_text(of.integer_here(), memory);
    case storage::uinteger:
      return number_text(of.uinteger_here(), memory);
    case storage::real:
      return real_text(of.real_here(), memory);
    case storage::bytes:
      if (json::utf8_valid_prefix(of.text_here()) != of.text_here().size())
        return value::error(no_text);
      return value::text(of.text_here());
    case storage::json:
      return of.get_type() == type::text ? of : value::text(of.json_here().raw());
    case storage::type:
      return value::text(name_of(of.type_here()));
    case storage::list:
    case storage::map:
    case storage::source:
      break;
  }
  return container_text(of, memory);
}

}  // namespace weir::gateway::expression
