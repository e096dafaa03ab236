#pragma once

#include <cstdint>
#include <optional>

#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {

// Work left to an evaluation. Whoever spends the last of it must stop; nobody may go on with what
// was found until then.
class work_budget {
 public:
  explicit work_budget(std::uint64_t steps) noexcept : left_(steps) {}

  bool spend(std::uint64_t steps) noexcept {
    if (steps > left_) {
      left_ = 0;
      spent_ = true;
      return false;
    }
    left_ -= steps;
    return true;
  }
  bool spent() const noexcept { return spent_; }
  std::uint64_t left() const noexcept { return left_; }
  void exhaust() noexcept {
    left_ = 0;
    spent_ = true;
  }

 private:
  std::uint64_t left_;
  bool spent_ = false;
};

// Equality of CEL: of any two values; of different types false, except numbers; lists element by
// element, maps key by key. False, too, if the budget is spent on the way.
bool equal(const value& a, const value& b, arena& memory, work_budget& budget);

}  // namespace weir::gateway::expression
