#include "weir/resilience/rate_limiter/rate_limiter.hpp"

#include <algorithm>
#include <atomic>

#include "weir/base/duration_text.hpp"
#include "weir/resilience/rate_limiter/state.hpp"

namespace weir {
namespace {

struct rate_slot {
  time_point turn;
  bool waiting;
};

}  // namespace

duration rate_limiter_options::interval() const noexcept {
  if (const auto* s = std::get_if<smooth>(&allow)) return s->every;
  const auto& b = std::get<bursty>(allow);
  return b.within / b.calls;
}

std::uint32_t rate_limiter_options::burst() const noexcept {
  const auto* b = std::get_if<bursty>(&allow);
  if (!b) return 1;
  return b->burst == 0 ? b->calls : b->burst;
}

option_problems rate_limiter_options::validate() const {
  constexpr duration least = std::chrono::microseconds(1);
  constexpr duration day = std::chrono::hours(24);
  constexpr duration year = 365 * day;
  option_problems found;
  const auto require = [&](bool good, const char* field, const char* message) {
    if (!good) found.push_back({field, message});
  };
  if (const auto* s = std::get_if<smooth>(&allow)) {
    require(s->every >= least && s->every <= day, "allow.every", "must be from 1us to 24h");
  } else {
    const auto& b = std::get<bursty>(allow);
    require(b.calls >= 1, "allow.calls", "must be at least 1");
    require(b.within > duration::zero() && b.within <= day, "allow.within",
            "must be above zero and at most 24h");
    require(b.calls == 0 || b.within / b.calls >= least, "allow.calls",
            "must be at most a million a second");
    require(b.burst <= 1'000'000 &&
                (b.calls == 0 || b.within / b.calls <= year / std::max(1U, burst())),
            "allow.burst", "must be at most 1000000, and fill up within a year");
  }
  require(longest_wait >= duration::zero() && longest_wait <= day, "longest_wait",
          "must be from zero to 24h");
  return found;
}

class rate_limiter::shared {
 public:
  explicit shared(rate_limiter_options o)
      : options(std::move(o)), cells(options.interval(), options.burst()) {}

  result<duration, rejection> reserve(time_point now, std::uint32_t permits,
                                      duration longest) noexcept {
    const auto a = cells.reserve(now, permits, longest);
    if (a.given) {
      admitted.fetch_add(permits, std::memory_order_relaxed);
      return a.wait;
    }
    rejected.fetch_add(1, std::memory_order_relaxed);
    return failure(rejection{cause::rejected_rate, a.wait});
  }

  const rate_limiter_options options;
  detail::gcra cells;
  std::atomic<std::uint64_t> admitted{0};
  std::atomic<std::uint64_t> rejected{0};
};

class rate_limiter::rate_layer final : public layer {
 public:
  explicit rate_layer(std::shared_ptr<shared> of) : of_(std::move(of)) {}

  decision enter(slot& s, context& c, outcome& turned_back) const override {
    // A turn that comes too late for the call's deadline is not worth waiting for.
    const duration longest = std::min(of_->options.longest_wait, c.until.remaining(c.now));
    const auto wait = of_->reserve(c.now, 1, longest);
    if (!wait) {
      turned_back = outcome::rejected(wait.error().why, wait.error().retry_after);
      return decision::finish();
    }
    auto& mine = s.make<rate_slot>();
    mine.turn = c.now + *wait;
    mine.waiting = *wait > duration::zero();
    return mine.waiting ? decision::wait(mine.turn) : decision::proceed();
  }

  decision resume(slot& s, context& c, outcome&) const override {
    auto& mine = s.as<rate_slot>();
    if (c.now < mine.turn) return decision::wait(mine.turn);
    mine.waiting = false;
    return decision::proceed();
  }

  decision leave(slot& s, context&, outcome&) const override {
    give_back(s);
    return decision::proceed();
  }
  void abandon(slot& s, const context&, verdict) const noexcept override { give_back(s); }

  std::string text() const override {
    const rate_limiter_options& o = of_->options;
    std::string out = "rate limit: ";
    if (const auto* s = std::get_if<smooth>(&o.allow)) {
      out += "one every " + format_duration(s->every);
    } else {
      const auto& b = std::get<bursty>(o.allow);
      out += std::to_string(b.calls) + " in " + format_duration(b.within);
      if (b.burst != 0 && b.burst != b.calls) out += ", " + std::to_string(b.burst) + " at once";
    }
    if (o.longest_wait != duration::zero()) out += ", may wait " + format_duration(o.longest_wait);
    return out;
  }
  worst_case worst(worst_case inside) const override {
    const duration wait = of_->options.longest_wait;
    const bool fits = inside.time <= duration::max() - wait;
    return {inside.attempts, fits ? inside.time + wait : duration::max()};
  }
  role what() const noexcept override { return role::rate; }

 private:
  void give_back(slot& s) const noexcept {
    const auto& mine = s.as<rate_slot>();
    if (mine.waiting) of_->cells.cancel(mine.turn, 1);
  }

  const std::shared_ptr<shared> of_;
};

rate_limiter::rate_limiter(rate_limiter_options options) {
  require_valid("rate limiter", options.validate());
  shared_ = std::make_shared<shared>(std::move(options));
}

result<void, rejection> rate_limiter::try_acquire(time_point now,
                                                  std::uint32_t permits) const noexcept {
  const auto given = shared_->reserve(now, permits, duration::zero());
  if (!given) return failure(given.error());
  return {};
}

result<duration, rejection> rate_limiter::reserve(time_point now,
                                                  std::uint32_t permits) const noexcept {
  return shared_->reserve(now, permits, shared_->options.longest_wait);
}

rate_limiter::view rate_limiter::look(time_point now) const noexcept {
  return {shared_->cells.available(now), shared_->cells.full_in(now),
          shared_->admitted.load(std::memory_order_relaxed),
          shared_->rejected.load(std::memory_order_relaxed)};
}

void rate_limiter::catch_up(time_point full_at) const noexcept {
  shared_->cells.catch_up(full_at);
}

const rate_limiter_options& rate_limiter::options() const noexcept {
  return shared_->options;
}

layer_ptr as_layer(const rate_limiter& r) {
  return std::make_shared<const rate_limiter::rate_layer>(r.shared_);
}

}  // namespace weir
