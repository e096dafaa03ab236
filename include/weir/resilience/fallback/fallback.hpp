#pragma once

#include <functional>

#include "weir/resilience/pipeline/layer.hpp"

namespace weir {

// Where a pipeline gives another value in the place of a failed call's. Acts on failures and
// rejections, on a deadline that ran out too, never on what was ignored or cancelled. The machine
// only says that, and which fallback, and why; the value is the driver's to bring, so this one is
// without a type.
class fallback_point {
 public:
  // `when` may narrow it to some outcomes.
  explicit fallback_point(std::function<bool(const outcome&)> when = {});
  friend layer_ptr as_layer(const fallback_point& f) { return f.layer_; }

 private:
  layer_ptr layer_;
};

}  // namespace weir
