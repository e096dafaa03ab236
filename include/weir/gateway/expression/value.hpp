#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "weir/base/arena.hpp"
#include "weir/json/value.hpp"

namespace weir::gateway::expression {

// What a value is, wherever it is kept: a number inside a JSON document is an `integer` here.
enum class type : std::uint8_t {
  null,
  missing,  // a member or an index that is not there
  error,
  boolean,
  integer,   // 64 bits, signed
  uinteger,  // 64 bits, unsigned
  real,      // a double
  exact,     // a number in JSON that none of the three holds; it can be passed on and compared
  text,
  bytes,
  list,
  map,
  type,  // what type(x) gives
};

// The name in messages and of type(): "int", "list", "null_type"…
std::string_view name_of(type t) noexcept;

enum class error_kind : std::uint8_t {
  wrong_type,  // an operator or a function cannot take this
  arithmetic,  // overflow, division by zero
  bad_value,   // the type is right, the value is not: int('x')
  absent,      // an operator met what is missing
  limit,       // more work or more output than allowed
  request,     // the client's request is at fault: query.x given twice
};

struct error_info {
  error_kind kind;
  std::string_view message;
};

class value;
struct map_entry;
class object_source;

// A value at run time: 16 bytes, copied freely. What it points to lives in the arena of the
// request, in a document or in a program. Immutable.
class value {
 public:
  enum class storage : std::uint8_t {
    null,
    missing,
    error,
    boolean,
    integer,
    uinteger,
    real,
    text,
    bytes,
    json,
    list,
    map,
    source,
    type
  };

  constexpr value() noexcept = default;  // null

  static constexpr value null() noexcept { return {}; }
  // `name` is what was looked for, for messages.
  static value missing(std::string_view name = {}) noexcept { return {storage::missing, name}; }
  // `info` must outlive the value: static, or in the arena.
  static value error(const error_info& info) noexcept;
  static value error(error_kind kind, std::string_view message, arena& memory);
  static value boolean(bool truth) noexcept;
  static value integer(std::int64_t number) noexcept;
  static value uinteger(std::uint64_t number) noexcept;
  static value real(double number) noexcept;
  static value text(std::string_view utf8) noexcept { return {storage::text, utf8}; }
  static value bytes(std::string_view content) noexcept { return {storage::bytes, content}; }
  static value list(std::span<const value> elements) noexcept;
  static value map(std::span<const map_entry> entries) noexcept;
  static value source(const object_source& from) noexcept;
  static value of_type(expression::type t) noexcept;
  // A value of a document; one that is empty is missing.
  static value json(const json::value& from) noexcept;

  storage kept_as() const noexcept { return storage_; }
  expression::type get_type() const noexcept;

  bool is_null() const noexcept { return storage_ == storage::null; }
  bool is_missing() const noexcept { return storage_ == storage::missing; }
  bool is_absent() const noexcept { return is_null() || is_missing(); }
  bool is_error() const noexcept { return storage_ == storage::error; }
  bool is_list() const noexcept { return get_type() == expression::type::list; }
  bool is_map() const noexcept { return get_type() == expression::type::map; }

  // What is inside, if it is of that kind.
  std::optional<bool> as_bool() const noexcept;
  std::optional<std::int64_t> as_int64() const noexcept;  // of integer and uinteger that fit
  std::optional<double> as_double() const noexcept;       // of any number; exact ones if finite
  std::optional<std::string_view> as_text(arena& memory) const;
  std::optional<std::string_view> as_bytes() const noexcept;
  const error_info* as_error() const noexcept;
  std::string_view missing_name() const noexcept;

  // By storage; each asks for the right kept_as().
  bool boolean_here() const noexcept { return at_.truth; }
  std::int64_t integer_here() const noexcept { return at_.integer; }
  std::uint64_t uinteger_here() const noexcept { return at_.uinteger; }
  double real_here() const noexcept { return at_.real; }
  std::string_view text_here() const noexcept { return {at_.characters, size_}; }
  json::value json_here() const noexcept { return {*at_.document, size_}; }
  std::span<const value> list_here() const noexcept;
  std::span<const map_entry> map_here() const noexcept;
  const object_source& source_here() const noexcept { return *at_.source; }
  expression::type type_here() const noexcept { return static_cast<expression::type>(size_); }

 private:
  constexpr value(storage s, std::string_view text) noexcept
      : storage_(s), size_(static_cast<std::uint32_t>(text.size())), at_(text.data()) {}
  constexpr explicit value(storage s) noexcept : storage_(s) {}

  union content {
    std::uint64_t uinteger = 0;
    std::int64_t integer;
    bool truth;
    double real;
    const char* characters;
    const value* elements;
    const map_entry* entries;
    const object_source* source;
    const error_info* error;
    const json::document* document;

    constexpr content() noexcept {}
    constexpr explicit content(const char* text) noexcept : characters(text) {}
  };

  storage storage_ = storage::null;
  std::uint32_t size_ = 0;  // of text, a list, a map; the node of a document
  content at_;
};

static_assert(sizeof(value) == 16);

struct map_entry {
  value key;
  value content;
};

// An object whose members are found only when asked for, so that a request's headers need not be
// turned into a map that nobody reads.
class object_source {
 public:
  // missing() where there is no such member; an error where the question itself is wrong.
  virtual value find(std::string_view name, arena& memory) const = 0;
  // All of it, as a map in the arena.
  virtual value all(arena& memory) const = 0;

 protected:
  ~object_source() = default;
};

// The member of an object (JSON, map or source): missing if it is not there, null of null, missing
// of missing, an error of what has no members.
value member(const value& object, std::string_view name, arena& memory);

// The number of elements of a list or entries of a map; nothing for others.
std::optional<std::size_t> count(const value& container, arena& memory);

// Goes over the elements of a list, whatever it is kept in.
//
//   for (element_cursor c(items); c; c.advance()) use(*c);
class element_cursor {
 public:
  explicit element_cursor(const value& list) noexcept;

  explicit operator bool() const noexcept { return left_ > 0; }
  value operator*() const noexcept;
  void advance() noexcept;
  std::size_t left() const noexcept { return left_; }

 private:
  const value* computed_ = nullptr;
  json::value::element_iterator parsed_;
  std::size_t left_ = 0;
};

// Goes over the entries of a map. One kept in a source is first made whole, in the arena.
class entry_cursor {
 public:
  entry_cursor(const value& map, arena& memory);

  explicit operator bool() const noexcept { return left_ > 0; }
  value key() const noexcept;
  value content() const noexcept;
  void advance() noexcept;
  std::size_t left() const noexcept { return left_; }

 private:
  const map_entry* computed_ = nullptr;
  json::value::member_iterator parsed_;
  std::size_t left_ = 0;
};

}  // namespace weir::gateway::expression
