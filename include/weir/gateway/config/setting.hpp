#pragma once

#include <optional>
#include <string>

#include "weir/gateway/config/node.hpp"

namespace weir::gateway::config {

// A key's value and where it stands.
template <class T>
struct setting {
  std::optional<T> value;
  place key;
  place where;
  bool given = false;  // it is there, though it may be wrong and so have no value

  explicit operator bool() const noexcept { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

// An entry of a mapping whose keys are names that the user chose.
template <class T>
struct named {
  std::string name;
  place where;  // of the name
  T value;
  place whole;  // the name and all that is said under it
};

// `off`, or the options.
template <class T>
struct switchable {
  std::optional<T> on;
};

}  // namespace weir::gateway::config
