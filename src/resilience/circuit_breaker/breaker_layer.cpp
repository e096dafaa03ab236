#include "weir/resilience/circuit_breaker/breaker_layer.hpp"

namespace weir {
namespace {

class breaker_layer final : public layer {
 public:
  explicit breaker_layer(const circuit_breaker& b) : breaker_(b) {}

  decision enter(slot& s, context& c, outcome& turned_back) const override {
    auto leave = breaker_.try_acquire(c.now);
    if (!leave) {
      turned_back = outcome::rejected(leave.error().why, leave.error().retry_after);
      return decision::finish();
    }
    s.make<permit>(*std::move(leave));
    return decision::proceed();
  }

  decision leave(slot& s, context& c, outcome& how) const override {
    auto& given = s.as<permit>();
    if (how.counts == verdict::ok) [[likely]] {
      given.succeed(c.now);
    } else if (how.counts == verdict::failure) {
      given.fail(c.now, how.detail.empty() ? to_string(how.why) : how.detail);
    } else if (how.why == cause::canceled || how.why == cause::deadline || is_rejection(how.why)) {
      given.withdraw(c.now);
    } else {
      given.ignore(c.now);
    }
    s.destroy<permit>();
    return decision::proceed();
  }

  void abandon(slot& s, const context& c, verdict how) const noexcept override {
    auto& given = s.as<permit>();
    if (how == verdict::ignored) {
      given.withdraw(c.now);
    } else {
      given.record(how, c.now, to_string(cause::timeout));
    }
    s.destroy<permit>();
  }

  std::string text() const override { return "breaker: " + breaker_.name(); }
  role what() const noexcept override { return role::breaker; }

 private:
  const circuit_breaker breaker_;
};

}  // namespace

layer_ptr as_layer(const circuit_breaker& breaker) {
  return std::make_shared<const breaker_layer>(breaker);
}

}  // namespace weir
