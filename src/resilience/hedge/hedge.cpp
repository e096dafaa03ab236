#include "weir/resilience/hedge/hedge.hpp"

#include <algorithm>
#include <atomic>

#include "weir/base/duration_text.hpp"
#include "weir/resilience/latency_window.hpp"
#include "weir/resilience/pipeline/hedging_layer.hpp"

namespace weir {
namespace {

struct hedge_state {
  duration delay;
  time_point next;      // when another is due
  time_point first_at;  // when the first attempt began
  std::uint32_t begun = 1;
};

duration fixed_delay(const hedge_delay& d) noexcept {
  const auto* fixed = std::get_if<duration>(&d);
  return fixed ? *fixed : duration::zero();
}

}  // namespace

class hedge::hedge_layer final : public hedging_layer {
 public:
  explicit hedge_layer(hedge_options o) : options(std::move(o)) {
    if (const auto* p = std::get_if<latency_percentile>(&options.after)) {
      latencies_ =
          std::make_unique<detail::latency_window>(p->of, p->within, p->min_calls, p->unknown);
    }
  }

  decision enter(slot& s, context& c, outcome&) const override {
    auto& state = s.make<hedge_state>();
    state.delay = delay();
    state.first_at = c.now;
    state.next = c.facts.retryable ? saturating_add(c.now, state.delay) : time_point::max();
    if (options.budget && c.counted.count(options.budget->id())) {
      options.budget->first_attempt(c.now);
    }
    return decision::proceed();
  }

  time_point more_at(slot& s) const noexcept override { return s.as<hedge_state>().next; }

  bool try_more(slot& s, context& c) const override {
    auto& state = s.as<hedge_state>();
    if (options.budget && !options.budget->try_retry(c.now)) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      state.next = time_point::max();
      return false;
    }
    hedges_.fetch_add(1, std::memory_order_relaxed);
    ++state.begun;
    state.next =
        state.begun < options.attempts ? saturating_add(c.now, state.delay) : time_point::max();
    return true;
  }

  void branch_ended(slot& s, time_point began, time_point now,
                    const outcome& how) const noexcept override {
    if (!how.failed && began != s.as<hedge_state>().first_at) {
      wins_.fetch_add(1, std::memory_order_relaxed);
    }
    // A loser took at least so long. Without it only the quick ones would be known, and the
    // percentile would sink from hedge to hedge.
    if (latencies_ && (!how.failed || how.why == cause::canceled)) {
      latencies_->record(now, now - began);
    }
  }

  decision leave(slot&, context&, outcome&) const override { return decision::proceed(); }
  void abandon(slot&, const context&, verdict) const noexcept override {}

  std::string text() const override {
    std::string out = "hedge: up to " + std::to_string(options.attempts) + " attempts, after ";
    if (const auto* p = std::get_if<latency_percentile>(&options.after)) {
      std::string share = std::to_string(p->of * 100);
      share.erase(share.find_last_not_of('0') + 1);
      if (share.ends_with('.')) share.pop_back();
      out += "p" + share;
    } else {
      out += format_duration(fixed_delay(options.after));
    }
    if (options.budget) out += ", within a budget";
    return out;
  }

  worst_case worst(worst_case inside) const override {
    worst_case all{inside.attempts * options.attempts, duration::max()};
    const auto* fixed = std::get_if<duration>(&options.after);
    if (!fixed || inside.time == duration::max()) return all;
    const auto others = static_cast<duration::rep>(options.attempts - 1);
    if (*fixed > (duration::max() - inside.time) / others) return all;
    // One that ends before the next is due starts none.
    all.time = inside.time + std::min(*fixed, inside.time) * others;
    return all;
  }

  duration delay() const noexcept {
    if (!latencies_) return fixed_delay(options.after);
    return std::max(latencies_->value(), std::get<latency_percentile>(options.after).least);
  }
  view look() const noexcept {
    return {delay(), hedges_.load(std::memory_order_relaxed), wins_.load(std::memory_order_relaxed),
            refused_.load(std::memory_order_relaxed)};
  }

  const hedge_options options;

 private:
  std::unique_ptr<detail::latency_window> latencies_;
  mutable std::atomic<std::uint64_t> hedges_{0};
  mutable std::atomic<std::uint64_t> wins_{0};
  mutable std::atomic<std::uint64_t> refused_{0};
};

option_problems hedge_options::validate() const {
  option_problems found;
  const auto require = [&](bool good, const char* field, const char* message) {
    if (!good) found.push_back({field, message});
  };
  if (const auto* p = std::get_if<latency_percentile>(&after)) {
    require(p->of > 0 && p->of < 1, "after.of", "must be above 0 and below 1");
    require(p->unknown > duration::zero(), "after.unknown", "must be above zero");
    require(p->min_calls >= 1, "after.min_calls", "must be at least 1");
    require(p->within >= std::chrono::milliseconds(1), "after.within", "must be at least 1ms");
    require(p->least >= duration::zero(), "after.least", "cannot be negative");
  } else {
    require(fixed_delay(after) > duration::zero(), "after", "must be above zero");
  }
  require(attempts >= 2 && attempts <= 10, "attempts", "must be from 2 to 10, the first included");
  return found;
}

hedge::hedge(hedge_options options) {
  require_valid("hedge", options.validate());
  layer_ = std::make_shared<const hedge_layer>(std::move(options));
}

const hedge_options& hedge::options() const noexcept {
  return layer_->options;
}

hedge::view hedge::look() const noexcept {
  return layer_->look();
}

layer_ptr as_layer(const hedge& h) {
  return h.layer_;
}

}  // namespace weir
