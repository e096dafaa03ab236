#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "weir/gateway/expression/value.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway::expression {

struct written {
  bool missing = false;               // somewhere a missing value was written as null
  const error_info* error = nullptr;  // the first error met, written as null
};

// What a small expression can make of a large document: [body, body, …].
inline constexpr std::size_t most_output = 64 * 1024 * 1024;

// Writes a value as JSON. Values of documents are copied byte for byte. Bytes become base64 text,
// infinities and NaN null, keys of maps that are no text their text. What would be longer than
// `most` bytes breaks off with an error and is no JSON.
written write_json(const value& of, json::writer& to, arena& memory,
                   std::size_t most = most_output);

// A value as text, for `${…}` inside other text, headers and URLs: text as it is, numbers of a
// document with the digits they came with, booleans in words, lists and maps as JSON. Null, missing
// and errors stay what they are; bytes must be UTF-8.
value to_text(const value& of, arena& memory);

}  // namespace weir::gateway::expression
