#include "weir/resilience/adaptive_limit/adaptive_limit.hpp"

#include <cmath>
#include <mutex>

#include "weir/resilience/adaptive_limit/state.hpp"

namespace weir {

option_problems adaptive_limit_options::validate() const {
  option_problems found;
  const auto require = [&](bool good, const char* field, const char* message) {
    if (!good) found.push_back({field, message});
  };
  require(least >= 1, "least", "must be at least 1");
  require(most >= least && most <= 1'000'000, "most", "must be from `least` to 1000000");
  require(initial >= least && initial <= most, "initial", "must be from `least` to `most`");
  require(tolerance >= 1 && tolerance <= 10, "tolerance", "must be from 1 to 10");
  require(smoothing > 0 && smoothing <= 1, "smoothing", "must be above 0 and at most 1");
  require(memory >= 2, "memory", "must be at least 2 windows");
  require(window > duration::zero(), "window", "must be above zero");
  require(samples >= 1, "samples", "must be at least 1");
  return found;
}

class adaptive_limit::shared {
 public:
  explicit shared(adaptive_limit_options o) : options(std::move(o)), state_(options) {}

  bool enter() noexcept {
    const std::lock_guard lock(mutex_);
    const bool in = state_.try_enter();
    ++(in ? admitted_ : rejected_);
    return in;
  }
  void leave(time_point began, time_point now, verdict how) noexcept {
    const std::lock_guard lock(mutex_);
    state_.leave(began, now, how);
  }
  view look() const noexcept {
    const std::lock_guard lock(mutex_);
    return {state_.limit(), state_.in_flight(), state_.base(), admitted_, rejected_};
  }

  const adaptive_limit_options options;

 private:
  mutable std::mutex mutex_;
  detail::adaptive_state state_;
  std::uint64_t admitted_ = 0;
  std::uint64_t rejected_ = 0;
};

class adaptive_limit::adaptive_layer final : public layer {
 public:
  explicit adaptive_layer(std::shared_ptr<shared> of) : of_(std::move(of)) {}

  decision enter(slot& s, context& c, outcome& turned_back) const override {
    if (!of_->enter()) {
      turned_back = outcome::rejected(cause::rejected_limit, duration::zero());
      return decision::finish();
    }
    s.make<time_point>(c.now);
    return decision::proceed();
  }
  decision leave(slot& s, context& c, outcome& how) const override {
    of_->leave(s.as<time_point>(), c.now, how.counts);
    return decision::proceed();
  }
  void abandon(slot& s, const context& c, verdict how) const noexcept override {
    of_->leave(s.as<time_point>(), c.now, how);
  }
  std::string text() const override {
    const auto& o = of_->options;
    return "adaptive limit: " + std::to_string(o.least) + ".." + std::to_string(o.most) + " calls";
  }
  role what() const noexcept override { return role::adaptive; }

 private:
  const std::shared_ptr<shared> of_;
};

adaptive_limit::adaptive_limit(adaptive_limit_options options) {
  require_valid("adaptive limit", options.validate());
  shared_ = std::make_shared<shared>(std::move(options));
}

result<adaptive_limit::ticket, rejection> adaptive_limit::try_acquire(time_point now) const {
  if (!shared_->enter()) return failure(rejection{cause::rejected_limit, duration::zero()});
  return ticket(shared_, now);
}

adaptive_limit::view adaptive_limit::look() const noexcept {
  return shared_->look();
}

const adaptive_limit_options& adaptive_limit::options() const noexcept {
  return shared_->options;
}

void adaptive_limit::ticket::record(verdict how, time_point now) noexcept {
  if (const auto of = std::exchange(of_, nullptr)) of->leave(began_, now, how);
}

layer_ptr as_layer(const adaptive_limit& l) {
  return std::make_shared<const adaptive_limit::adaptive_layer>(l.shared_);
}

}  // namespace weir
