#include "weir/resilience/face/fallback.hpp"

namespace weir {
namespace {

class value_layer final : public layer, public fallback_source {
 public:
  using parts = std::vector<std::shared_ptr<const detail::fallback_part>>;
  value_layer(parts all, std::function<bool(const outcome&)> when)
      : parts_(std::move(all)), when_(std::move(when)) {}

  decision enter(slot&, context&, outcome&) const override { return decision::proceed(); }

  decision leave(slot&, context& c, outcome& how) const override {
    if (!accepts(how)) return decision::proceed();
    // The cause stays, so that the caller can learn why the value is not the real one.
    how.failed = false;
    how.counts = verdict::ok;
    how.retryable = false;
    c.substituted = true;
    return decision::proceed();
  }

  void abandon(slot&, const context&, verdict) const noexcept override {}
  std::string text() const override {
    return parts_.size() == 1 ? "fallback"
                              : "fallback: a chain of " + std::to_string(parts_.size());
  }
  role what() const noexcept override { return role::fallback; }
  const fallback_source* values() const noexcept override { return this; }

  bool accepts(const outcome& how) const override {
    return how.failed && how.why != cause::canceled && (!when_ || when_(how));
  }

  bool gives(const std::type_info& wanted) const noexcept override {
    for (const auto& part : parts_) {
      if (!part->gives(wanted)) return false;
    }
    return true;
  }

  bool give(const std::type_info& wanted, void* into, const outcome& why) const noexcept override {
    for (const auto& part : parts_) {
      try {
        if (part->give(wanted, into, why)) return true;
      } catch (...) {  // the next one may have something
      }
    }
    return false;
  }

 private:
  const parts parts_;
  const std::function<bool(const outcome&)> when_;
};

}  // namespace

void fallback::make_layer(std::function<bool(const outcome&)> when) {
  layer_ = std::make_shared<const value_layer>(parts_, std::move(when));
}

fallback fallback::when(std::function<bool(const outcome&)> narrower) const {
  fallback narrowed = *this;
  narrowed.make_layer(std::move(narrower));
  return narrowed;
}

}  // namespace weir
