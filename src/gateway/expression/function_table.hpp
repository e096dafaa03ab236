#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "weir/gateway/expression/check.hpp"

namespace weir::gateway::expression {

enum class function : std::uint8_t {
  size,
  contains,
  starts_with,
  ends_with,
  lower_ascii,
  upper_ascii,
  trim,
  split,
  join,
  replace,
  substring,
  to_int,
  to_uint,
  to_double,
  to_string,
  to_bool,
  to_bytes,
  type_of,
  dyn,
  min,
  max,
  clock,
};

// How a function is written and what it takes. The receiver of a method counts as its first
// argument. All but type() and dyn() give null for an argument that is null and missing for one
// that is missing.
struct signature {
  function id;
  std::string_view name;
  bool as_function;     // f(x)
  bool as_method;       // x.f()
  std::uint16_t least;  // arguments
  std::uint16_t most;
  type_set takes[4];  // the last one stands for all that follow
  type_set gives;
};

std::span<const signature> all_functions() noexcept;
const signature& signature_of(function f) noexcept;
// What argument number `i` may be.
type_set parameter(const signature& of, std::size_t i) noexcept;
const signature* find_function(std::string_view name) noexcept;

constexpr bool passes_absent(function f) noexcept {
  return f != function::type_of && f != function::dyn;
}

}  // namespace weir::gateway::expression
