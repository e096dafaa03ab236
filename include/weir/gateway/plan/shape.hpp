#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/gateway/expression/program.hpp"

namespace weir::gateway {

// Lists that one `each` of a shape goes over side by side.
inline constexpr std::size_t most_sources = 8;

// A tree of literals and expressions that gives a JSON value: `reply:`, `body:`, `default:`,
// `value:`. Literals are JSON text made at load.
struct shape {
  enum class kind : std::uint8_t { constant, expression, text, list, object, each };
  kind what = kind::constant;

  std::string constant;                          // JSON text
  std::optional<expression::program> value;      // one `${…}`: keeps its type
  std::optional<expression::text_program> text;  // text with slots: a string
  std::vector<shape> items;       // list: elements; object: members; each: one element
  std::vector<std::string> keys;  // object: JSON-quoted keys: "\"id\""

  struct source {
    expression::program over;
    std::uint16_t slot = 0;
    std::string name;
  };
  std::vector<source> sources;  // each: the first sets the length
  std::string where;            // "reply.products": for messages
};

}  // namespace weir::gateway
