#include "weir/resilience/throttler/throttler.hpp"

#include <cmath>
#include <mutex>

#include "weir/resilience/throttler/state.hpp"

namespace weir {

option_problems throttler_options::validate() const {
  option_problems found;
  if (!(factor >= 1 && factor <= 100)) found.push_back({"factor", "must be from 1 to 100"});
  if (within <= duration::zero()) found.push_back({"within", "must be above zero"});
  return found;
}

class throttler::shared {
 public:
  explicit shared(throttler_options o)
      : options(std::move(o)), state_(options.factor, options.within, options.min_calls) {}

  bool try_acquire(time_point now, random_source& random) {
    const std::lock_guard lock(mutex_);
    const double p = state_.rejecting(now);
    if (p == 0 || random.unit() >= p) return true;
    state_.turned_away(now);
    return false;
  }
  void record(verdict how, time_point now) {
    const std::lock_guard lock(mutex_);
    state_.ended(how, now);
  }
  view look(time_point now) {
    const std::lock_guard lock(mutex_);
    return {state_.requests(now), state_.accepts(now), state_.rejecting(now)};
  }

  const throttler_options options;

 private:
  std::mutex mutex_;
  detail::throttler_state state_;
};

class throttler::throttler_layer final : public layer {
 public:
  explicit throttler_layer(std::shared_ptr<shared> of) : of_(std::move(of)) {}

  decision enter(slot&, context& c, outcome& turned_back) const override {
    if (of_->try_acquire(c.now, c.random)) return decision::proceed();
    turned_back = outcome::rejected(cause::rejected_limit, duration::zero());
    return decision::finish();
  }
  decision leave(slot&, context& c, outcome& how) const override {
    of_->record(how.counts, c.now);
    return decision::proceed();
  }
  void abandon(slot&, const context& c, verdict how) const noexcept override {
    of_->record(how, c.now);
  }
  std::string text() const override {
    std::string factor = std::to_string(of_->options.factor);
    factor.erase(factor.find_last_not_of('0') + 1);
    if (factor.ends_with('.')) factor.pop_back();
    return "throttler: " + factor + " calls for each served";
  }
  role what() const noexcept override { return role::throttler; }

 private:
  const std::shared_ptr<shared> of_;
};

throttler::throttler(throttler_options options) {
  require_valid("throttler", options.validate());
  shared_ = std::make_shared<shared>(std::move(options));
}

bool throttler::try_acquire(time_point now, random_source& random) const {
  return shared_->try_acquire(now, random);
}

void throttler::record(verdict how, time_point now) const {
  shared_->record(how, now);
}

throttler::view throttler::look(time_point now) const {
  return shared_->look(now);
}

const throttler_options& throttler::options() const noexcept {
  return shared_->options;
}

layer_ptr as_layer(const throttler& t) {
  return std::make_shared<const throttler::throttler_layer>(t.shared_);
}

}  // namespace weir
