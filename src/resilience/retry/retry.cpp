#include "weir/resilience/retry/retry.hpp"

#include <algorithm>

namespace weir {
namespace {

struct retry_state {
  std::uint32_t made = 1;  // attempts, with the one in flight
  time_point started;
  time_point resume_at{};
  duration delay = duration::zero();  // the last one
};

}  // namespace

class retry::retry_layer final : public layer {
 public:
  explicit retry_layer(retry_options o) : options(std::move(o)) {}

  decision enter(slot& s, context& c, outcome&) const override {
    s.make<retry_state>().started = c.now;
    if (options.budget && c.counted.count(options.budget->id())) {
      options.budget->first_attempt(c.now);
    }
    return decision::proceed();
  }

  decision resume(slot& s, context& c, outcome&) const override {
    const auto& state = s.as<retry_state>();
    return c.now < state.resume_at ? decision::wait(state.resume_at) : decision::proceed();
  }

  decision leave(slot& s, context& c, outcome& how) const override {
    if (!how.failed) [[likely]] {
      return decision::proceed();
    }
    auto& state = s.as<retry_state>();
    if (!wanted(c, how) || state.made >= options.attempts) return decision::proceed();
    const duration delay =
        std::max(options.backoff.delay(state.made, state.delay, c.random), how.retry_after);
    const time_point at = saturating_add(c.now, delay);
    // A retry that could not even start in time would only make the caller wait for the same
    // answer.
    if (c.until.expired(at) || at > saturating_add(state.started, options.longest_total)) {
      return decision::proceed();
    }
    // Last, since leave that is taken must be used.
    if (options.budget && !options.budget->try_retry(c.now)) return decision::proceed();
    ++state.made;
    state.delay = delay;
    state.resume_at = at;
    return decision::wait(at);
  }

  void abandon(slot&, const context&, verdict) const noexcept override {}

  std::string text() const override {
    std::string out = "retry: " + std::to_string(options.attempts) + " attempts, back-off " +
                      options.backoff.text();
    if (options.budget) out += ", within a budget";
    return out;
  }

  worst_case worst(worst_case inside) const override {
    worst_case all{inside.attempts * options.attempts, duration::zero()};
    const auto add = [&all](duration d) {
      all.time =
          d == duration::max() || all.time > duration::max() - d ? duration::max() : all.time + d;
    };
    for (std::uint32_t i = 1; i < options.attempts; ++i) {
      if (all.time == duration::max()) break;
      add(inside.time);
      add(options.backoff.longest(i));
    }
    if (options.longest_total != duration::max()) {
      all.time = std::min(all.time, options.longest_total);
    }
    if (all.time != duration::max()) add(inside.time);
    return all;
  }

  role what() const noexcept override { return role::retry; }

  const retry_options options;

 private:
  static_assert(std::is_trivially_destructible_v<retry_state>, "slots are left as they are");

  bool wanted(const context& c, const outcome& how) const {
    if (!c.facts.retryable || how.why == cause::canceled || how.why == cause::deadline) {
      return false;
    }
    if (is_rejection(how.why)) return options.retry_rejections;
    return options.when ? options.when(how) : how.retryable;
  }
};

option_problems retry_options::validate() const {
  option_problems found;
  if (attempts == 0) found.push_back({"attempts", "must be at least 1: the first counts"});
  if (attempts > 1000) found.push_back({"attempts", "must be at most 1000"});
  if (longest_total <= duration::zero()) {
    found.push_back({"longest_total", "must be above zero"});
  }
  backoff.validate(found);
  return found;
}

retry::retry(retry_options options) {
  require_valid("retry", options.validate());
  layer_ = std::make_shared<const retry_layer>(std::move(options));
}

layer_ptr as_layer(const retry& r) {
  return r.layer_;
}

const retry_options& retry::options() const noexcept {
  return layer_->options;
}

}  // namespace weir
