#include "weir/resilience/fallback/fallback.hpp"

#include <utility>

namespace weir {
namespace {

class fallback_layer final : public layer {
 public:
  explicit fallback_layer(std::function<bool(const outcome&)> when) : when_(std::move(when)) {}

  decision enter(slot&, context&, outcome&) const override { return decision::proceed(); }

  decision leave(slot&, context& c, outcome& how) const override {
    if (!how.failed || how.why == cause::canceled || (when_ && !when_(how))) {
      return decision::proceed();
    }
    // The cause stays, so that the answer can say why it is not the real one.
    how.failed = false;
    how.counts = verdict::ok;
    how.retryable = false;
    c.substituted = true;
    return decision::proceed();
  }

  void abandon(slot&, const context&, verdict) const noexcept override {}
  std::string text() const override { return "fallback"; }
  role what() const noexcept override { return role::fallback; }

 private:
  std::function<bool(const outcome&)> when_;
};

}  // namespace

fallback_point::fallback_point(std::function<bool(const outcome&)> when)
    : layer_(std::make_shared<const fallback_layer>(std::move(when))) {}

}  // namespace weir
