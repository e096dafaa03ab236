#pragma once

#include <span>
#include <string>
#include <string_view>

#include "weir/gateway/expression/program.hpp"
#include "weir/gateway/plan/shape.hpp"
#include "weir/json/parser.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {

// What a shape is rendered with: a frame whose slots may be written, because `each` puts its items
// there.
struct render_scope {
  std::span<expression::value> slots;
  arena* memory = nullptr;
  const expression::environment* world = nullptr;

  expression::frame frame() const noexcept { return {slots, memory, world, {}}; }
};

// What did not go as written. Such places print null; the answer is then partial and says so.
struct rendered {
  bool missing = false;                           // a member or index was not there
  const expression::error_info* error = nullptr;  // the first error
  std::string_view where;                         // of the first of either: "reply.products"
};

// Writes the shape as JSON. Values of documents are copied as the slices they came as.
rendered render(const shape& of, const render_scope& in, json::writer& to);

// The same as a value that expressions can use: for `default:` and `value:`. `what` tells how it
// went.
expression::value evaluate(const shape& of, const render_scope& in, json::parser& parser,
                           rendered& what);

}  // namespace weir::gateway
