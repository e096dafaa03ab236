#pragma once

#include <typeinfo>

namespace weir {

struct outcome;

// A layer that has values to give in the place of a failed call's, to a driver that asks by type.
class fallback_source {
 public:
  // `wanted` is the type of the call's value; void for a call without one.
  virtual bool gives(const std::type_info& wanted) const noexcept = 0;
  // `into` is an empty std::optional of the wanted type (std::monostate for void). False: it has
  // nothing to give now. Does not throw what its functions throw.
  virtual bool give(const std::type_info& wanted, void* into,
                    const outcome& why) const noexcept = 0;
  // Whether it acts on that outcome.
  virtual bool accepts(const outcome& how) const = 0;

 protected:
  ~fallback_source() = default;
};

}  // namespace weir
