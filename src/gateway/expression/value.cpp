#include "weir/gateway/expression/value.hpp"

#include <limits>

namespace weir::gateway::expression {
namespace {

constexpr std::size_t most_size = std::numeric_limits<std::uint32_t>::max();

type type_of_number(const json::value& number) noexcept {
  if (number.is_integer_literal()) {
    if (number.raw().size() <= 18 || number.as_int64()) return type::integer;
    return number.as_uint64() ? type::uinteger : type::exact;
  }
  return number.as_double() ? type::real : type::exact;
}

}  // namespace

std::string_view name_of(type t) noexcept {
  switch (t) {
    case type::null:
      return "null_type";
    case type::missing:
      return "missing";
    case type::error:
      return "error";
    case type::boolean:
      return "bool";
    case type::integer:
      return "int";
    case type::uinteger:
      return "uint";
    case type::real:
      return "double";
    case type::exact:
      return "number";
    case type::text:
      return "string";
    case type::bytes:
      return "bytes";
    case type::list:
      return "list";
    case type::map:
      return "map";
    case type::type:
      return "type";
  }
  return "";
}

value value::error(const error_info& info) noexcept {
  value v(storage::error);
  v.at_.error = &info;
  return v;
}

value value::error(error_kind kind, std::string_view message, arena& memory) {
  return error(*memory.make<error_info>(error_info{kind, memory.copy(message)}));
}

value value::boolean(bool truth) noexcept {
  value v(storage::boolean);
  v.at_.truth = truth;
  return v;
}

value value::integer(std::int64_t number) noexcept {
  value v(storage::integer);
  v.at_.integer = number;
  return v;
}

value value::uinteger(std::uint64_t number) noexcept {
  value v(storage::uinteger);
  v.at_.uinteger = number;
  return v;
}

value value::real(double number) noexcept {
  value v(storage::real);
  v.at_.real = number;
  return v;
}

value value::list(std::span<const value> elements) noexcept {
  value v(storage::list);
  v.size_ = static_cast<std::uint32_t>(std::min(elements.size(), most_size));
  v.at_.elements = elements.data();
  return v;
}

value value::map(std::span<const map_entry> entries) noexcept {
  value v(storage::map);
  v.size_ = static_cast<std::uint32_t>(std::min(entries.size(), most_size));
  v.at_.entries = entries.data();
  return v;
}

value value::source(const object_source& from) noexcept {
  value v(storage::source);
  v.at_.source = &from;
  return v;
}

value value::of_type(expression::type t) noexcept {
  value v(storage::type);
  v.size_ = static_cast<std::uint32_t>(t);
  return v;
}

value value::json(const json::value& from) noexcept {
  if (!from) return missing();
  switch (from.get_kind()) {
    case json::kind::null:
      return null();
    case json::kind::boolean:
      return boolean(*from.as_bool());
    default:
      break;
  }
  value v(storage::json);
  v.size_ = from.index();
  v.at_.document = from.get_document();
  return v;
}

expression::type value::get_type() const noexcept {
  switch (storage_) {
    case storage::null:
      return type::null;
    case storage::missing:
      return type::missing;
    case storage::error:
      return type::error;
    case storage::boolean:
      return type::boolean;
    case storage::integer:
      return type::integer;
    case storage::uinteger:
      return type::uinteger;
    case storage::real:
      return type::real;
    case storage::text:
      return type::text;
    case storage::bytes:
      return type::bytes;
    case storage::list:
      return type::list;
    case storage::map:
    case storage::source:
      return type::map;
    case storage::type:
      return type::type;
    case storage::json:
      break;
  }
  switch (json_here().get_kind()) {
    case json::kind::null:
      return type::null;
    case json::kind::boolean:
      return type::boolean;
    case json::kind::number:
      return type_of_number(json_here());
    case json::kind::string:
      return type::text;
    case json::kind::array:
      return type::list;
    case json::kind::object:
      return type::map;
  }
  return type::error;
}

std::optional<bool> value::as_bool() const noexcept {
  if (storage_ != storage::boolean) return std::nullopt;
  return at_.truth;
}

std::optional<std::int64_t> value::as_int64() const noexcept {
  switch (storage_) {
    case storage::integer:
      return at_.integer;
    case storage::uinteger:
      if (at_.uinteger > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return std::nullopt;
      }
      return static_cast<std::int64_t>(at_.uinteger);
    case storage::json:
      return json_here().as_int64();
    default:
      return std::nullopt;
  }
}

std::optional<double> value::as_double() const noexcept {
  switch (storage_) {
    case storage::integer:
      return static_cast<double>(at_.integer);
    case storage::uinteger:
      return static_cast<double>(at_.uinteger);
    case storage::real:
      return at_.real;
    case storage::json:
      return json_here().as_double();
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> value::as_text(arena& memory) const {
  if (storage_ == storage::text) return text_here();
  if (storage_ == storage::json) return json_here().as_string(memory);
  return std::nullopt;
}

std::optional<std::string_view> value::as_bytes() const noexcept {
  if (storage_ != storage::bytes) return std::nullopt;
  return text_here();
}

const error_info* value::as_error() const noexcept {
  return storage_ == storage::error ? at_.error : nullptr;
}

std::string_view value::missing_name() const noexcept {
  return storage_ == storage::missing ? text_here() : std::string_view();
}

std::span<const value> value::list_here() const noexcept {
  return {at_.elements, size_};
}

std::span<const map_entry> value::map_here() const noexcept {
  return {at_.entries, size_};
}

}  // namespace weir::gateway::expression
