#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/json/parser.hpp"

namespace weir::json {

// A document and all it needs, for a test.
struct parsed {
  explicit parsed(std::string_view json, const parse_limits& limits = {}) : text(json) {
    parser reader;
    auto out = reader.parse(text, memory, limits);
    if (out) {
      root = *out;
    } else {
      error = out.error();
    }
  }

  std::string text;
  arena memory;
  value root;
  std::optional<parse_error> error;
};

// The document written out again from its nodes alone: brackets and commas are ours, scalars and
// names are slices.
inline std::string rewritten(const value& v) {
  std::string out;
  if (v.is(kind::array)) {
    for (const auto element : v.elements()) out += (out.empty() ? "" : ",") + rewritten(element);
    return "[" + out + "]";
  }
  if (v.is(kind::object)) {
    for (const auto [name, content] : v.members()) {
      out += (out.empty() ? "" : ",") + std::string(name.raw()) + ":" + rewritten(content);
    }
    return "{" + out + "}";
  }
  return std::string(v.raw());
}

}  // namespace weir::json
