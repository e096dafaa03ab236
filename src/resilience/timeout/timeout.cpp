#include "weir/resilience/timeout/timeout.hpp"

#include <algorithm>

#include "weir/base/duration_text.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {
namespace {

class timeout_layer final : public layer {
 public:
  explicit timeout_layer(duration limit) : limit_(limit) {}

  decision enter(slot&, context& c, outcome&) const override {
    c.until = deadline::earlier(c.until, deadline::after(c.now, limit_));
    return decision::proceed();
  }
  decision leave(slot&, context&, outcome&) const override { return decision::proceed(); }
  void abandon(slot&, const context&, verdict) const noexcept override {}

  std::string text() const override { return "timeout: " + format_duration(limit_); }
  worst_case worst(worst_case inside) const override {
    return {inside.attempts, std::min(inside.time, limit_)};
  }
  role what() const noexcept override { return role::timeout; }

 private:
  duration limit_;
};

}  // namespace

timeout::timeout(duration limit) : limit_(limit) {
  option_problems found;
  if (limit <= duration::zero()) found.push_back({"limit", "must be above zero"});
  require_valid("timeout", found);
  layer_ = std::make_shared<const timeout_layer>(limit);
}

}  // namespace weir
