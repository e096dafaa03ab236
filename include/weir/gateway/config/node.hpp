#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/source.hpp"

namespace weir::gateway::config {

// What YAML said, before any meaning: scalars as text, lists, mappings in their order; each knows
// its place. Anchors, aliases, tags and merge keys are gone: they were refused.
struct node {
  enum class kind : std::uint8_t { empty, scalar, list, mapping };
  enum class style : std::uint8_t { plain, single_quoted, double_quoted, block };

  kind what = kind::empty;
  style written = style::plain;
  std::string text;         // of a scalar, escapes and folds undone
  place where;              // a scalar: its text between the quotes
  std::vector<node> items;  // of a list; of a mapping: values
  std::vector<node> keys;   // of a mapping; scalars

  bool is_scalar() const noexcept { return what == kind::scalar; }
  bool is_list() const noexcept { return what == kind::list; }
  bool is_mapping() const noexcept { return what == kind::mapping; }
  bool is_empty() const noexcept { return what == kind::empty; }
  bool is_plain() const noexcept { return is_scalar() && written == style::plain; }

  // The value of a key, or null.
  const node* find(std::string_view key) const noexcept;
};

// Where in the file the byte `offset` of a scalar's text stands: escapes, doubled quotes, folds and
// the indentation of blocks make the two differ.
std::size_t offset_in_source(const node& scalar, const source& in, std::size_t offset);

// "a list", "a mapping", "text", "null", "nothing": for messages.
std::string_view describe(const node& n) noexcept;

}  // namespace weir::gateway::config
