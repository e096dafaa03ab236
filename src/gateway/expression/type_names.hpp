#pragma once

#include <optional>
#include <string_view>

#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {

// The type that a bare name such as `int` or `list` stands for, where nothing else is called so.
inline std::optional<type> named_type(std::string_view name) noexcept {
  for (const type t : {type::null, type::boolean, type::integer, type::uinteger, type::real,
                       type::text, type::bytes, type::list, type::map, type::type}) {
    if (name_of(t) == name) return t;
  }
  return std::nullopt;
}

}  // namespace weir::gateway::expression
