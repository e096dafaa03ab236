#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "weir/base/arena.hpp"

namespace weir::json {

enum class kind : std::uint8_t { null, boolean, number, string, array, object };

// "null", "boolean", …
std::string_view to_string(kind k) noexcept;

// One value of a parsed document: where its bytes lie, and where the value after it is found.
// 16 bytes, so that four share a cache line.
struct node {
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t next;  // the node behind this one and all it contains
  std::uint32_t info;  // kind: bits 0–2; flags: bits 3–4; number of children: the rest

  static constexpr std::uint32_t escaped = 1u << 3;  // a string: there is a backslash in it
  static constexpr std::uint32_t integer = 1u << 4;  // a number: neither fraction nor exponent
  static constexpr std::uint32_t one_child = 1u << 5;
  static constexpr std::uint32_t max_children = (1u << 27) - 1;

  json::kind kind() const noexcept { return static_cast<json::kind>(info & 7u); }
  std::uint32_t children() const noexcept { return info >> 5; }
};

// A parsed document: a view of its text and its nodes, both of which live elsewhere (the text with
// whoever had it parsed, the nodes in the arena). Made by json::parser alone.
struct document {
  std::string_view text;
  const node* nodes = nullptr;
};

struct member;

// A value of a document: two words, copied freely, valid as long as the document's text and arena.
// One that is empty (operator bool) stands for "not there". Asking a kind for what it does not have
// (the members of a number) is answered with nothing, never with undefined behaviour; only raw()
// and get_kind() need a value that is there. Immutable, so threads may share it.
class value {
 public:
  value() noexcept = default;
  value(const document& of, std::uint32_t index) noexcept : document_(&of), index_(index) {}

  explicit operator bool() const noexcept { return document_ != nullptr; }
  const document* get_document() const noexcept { return document_; }
  std::uint32_t index() const noexcept { return index_; }

  json::kind get_kind() const noexcept { return here().kind(); }
  bool is(json::kind k) const noexcept { return document_ && here().kind() == k; }
  bool is_null() const noexcept { return is(kind::null); }

  // The bytes exactly as they came: numbers keep every digit, strings their quotes and escapes.
  std::string_view raw() const noexcept {
    return document_->text.substr(here().begin, here().end - here().begin);
  }

  // Elements of an array, members of an object; 0 for others.
  std::size_t size() const noexcept { return document_ ? here().children() : 0; }

  // The member of an object with that name. Where a name stands twice the last one counts, as for
  // JSON.parse and most other readers, so that everybody behind us sees the same value.
  value find(std::string_view name) const noexcept;
  // The element of an array, from 0.
  value at(std::size_t i) const noexcept;

  class element_iterator;
  class member_iterator;
  template <class Iterator>
  struct range {
    Iterator first;
    Iterator last;
    Iterator begin() const noexcept { return first; }
    Iterator end() const noexcept { return last; }
  };
  range<element_iterator> elements() const noexcept;
  range<member_iterator> members() const noexcept;

  std::optional<bool> as_bool() const noexcept;

  // A number written without fraction and exponent that fits; nothing else, not even 1.0.
  std::optional<std::int64_t> as_int64() const noexcept;
  std::optional<std::uint64_t> as_uint64() const noexcept;
  // The nearest double of any number; none where that would be infinite. What is too small is 0.
  std::optional<double> as_double() const noexcept;
  bool is_integer_literal() const noexcept { return document_ && (here().info & node::integer); }

  // A string's content. Without escapes it is the slice between the quotes; else it is unescaped
  // into the arena. A lone surrogate (\ud800), which has no UTF-8 form, becomes U+FFFD.
  std::optional<std::string_view> as_string(arena& memory) const;
  bool has_escapes() const noexcept { return document_ && (here().info & node::escaped); }
  // Whether this is a string whose content is `text`; compares escaped ones in place.
  bool equals(std::string_view text) const noexcept;

 private:
  const node& here() const noexcept { return document_->nodes[index_]; }

  const document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

struct member {
  json::value name;  // a string
  json::value value;
};

// The nearest double of a number in JSON's notation, as value::as_double() has it.
std::optional<double> nearest_double(std::string_view number) noexcept;

class value::element_iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = json::value;
  using difference_type = std::ptrdiff_t;
  using reference = json::value;
  using pointer = void;

  element_iterator() noexcept = default;
  element_iterator(const document* of, std::uint32_t index) noexcept : of_(of), index_(index) {}
  json::value operator*() const noexcept { return {*of_, index_}; }
  element_iterator& operator++() noexcept {
    index_ = of_->nodes[index_].next;
    return *this;
  }
  element_iterator operator++(int) noexcept {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const element_iterator&, const element_iterator&) noexcept = default;

 private:
  const document* of_ = nullptr;
  std::uint32_t index_ = 0;
};

class value::member_iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = member;
  using difference_type = std::ptrdiff_t;
  using reference = member;
  using pointer = void;

  member_iterator() noexcept = default;
  member_iterator(const document* of, std::uint32_t index) noexcept : of_(of), index_(index) {}
  // The name is a node of its own, its value the one after it.
  member operator*() const noexcept { return {{*of_, index_}, {*of_, index_ + 1}}; }
  member_iterator& operator++() noexcept {
    index_ = of_->nodes[index_ + 1].next;
    return *this;
  }
  member_iterator operator++(int) noexcept {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const member_iterator&, const member_iterator&) noexcept = default;

 private:
  const document* of_ = nullptr;
  std::uint32_t index_ = 0;
};

inline value::range<value::element_iterator> value::elements() const noexcept {
  if (!is(kind::array)) return {};
  return {{document_, index_ + 1}, {document_, here().next}};
}

inline value::range<value::member_iterator> value::members() const noexcept {
  if (!is(kind::object)) return {};
  return {{document_, index_ + 1}, {document_, here().next}};
}

}  // namespace weir::json
