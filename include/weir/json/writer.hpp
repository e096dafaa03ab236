#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "weir/json/value.hpp"

namespace weir::json {

// Appends `text` as a JSON string, quotes included. What is not well-formed UTF-8 becomes U+FFFD,
// so that the output is always valid.
void append_quoted(std::string& to, std::string_view text);

// The shortest digits that read back as the same double, in the manner of ECMAScript (0.1, 100000,
// 1e+21, 5e-324); -0 keeps its sign. What JSON cannot say (NaN, infinity) is null.
inline constexpr std::size_t longest_number = 32;
std::string_view format_number(double number, std::span<char, longest_number> to) noexcept;
void append_number(std::string& to, double number);

// Appends JSON to a string that the caller owns. Puts the commas; trusts the caller to close what
// he opens and to give a name before each value of an object. Allocates nothing but the string's
// growth.
//
//   writer out(buffer);
//   out.begin_object().key("id").integer(7).key("price").raw("10.00").end_object();
class writer {
 public:
  explicit writer(std::string& to) noexcept : to_(&to) {}

  writer& begin_object() { return open('{'); }
  writer& end_object() { return close('}'); }
  writer& begin_array() { return open('['); }
  writer& end_array() { return close(']'); }

  writer& key(std::string_view name) {
    separate();
    append_quoted(*to_, name);
    to_->push_back(':');
    comma_ = false;
    return *this;
  }
  // A name that is quoted and escaped already: "\"id\"".
  writer& raw_key(std::string_view quoted) {
    separate();
    to_->append(quoted);
    to_->push_back(':');
    comma_ = false;
    return *this;
  }

  writer& string(std::string_view text) {
    separate();
    append_quoted(*to_, text);
    return *this;
  }
  writer& integer(std::int64_t number);
  writer& unsigned_integer(std::uint64_t number);
  writer& number(double number) {
    separate();
    append_number(*to_, number);
    return *this;
  }
  writer& boolean(bool truth) { return raw(truth ? "true" : "false"); }
  writer& null() { return raw("null"); }

  // JSON that is valid already, copied byte for byte.
  writer& raw(std::string_view json) {
    separate();
    to_->append(json);
    return *this;
  }
  writer& value(const json::value& of) { return raw(of.raw()); }

  std::string& buffer() noexcept { return *to_; }

 private:
  void separate() {
    if (comma_) to_->push_back(',');
    comma_ = true;
  }
  writer& open(char bracket) {
    separate();
    to_->push_back(bracket);
    comma_ = false;
    return *this;
  }
  writer& close(char bracket) {
    to_->push_back(bracket);
    comma_ = true;
    return *this;
  }

  std::string* to_;
  bool comma_ = false;
};

}  // namespace weir::json
