#include "weir/resilience/bulkhead/bulkhead.hpp"

#include <algorithm>
#include <mutex>

#include "weir/base/duration_text.hpp"
#include "weir/resilience/bulkhead/state.hpp"

namespace weir {
namespace {

constexpr std::uint32_t most = 1'000'000;

// How often a call that nobody can wake looks whether it has a place.
constexpr duration look_again = std::chrono::milliseconds(2);

struct bulkhead_slot {
  detail::bulkhead_waiter waiter;
  time_point until{};  // waiting: when it gives up; time_point::min(): it has its place
};

}  // namespace

class bulkhead::shared {
 public:
  explicit shared(bulkhead_options o)
      : options_(std::move(o)), state_(options_.calls, options_.queue) {}

  bool try_enter() noexcept {
    const std::lock_guard lock(mutex_);
    if (!state_.try_enter()) return ++rejected_, false;
    return ++admitted_, true;
  }

  enum class entry : std::uint8_t { in, waits, rejected };
  entry enter(bulkhead_slot& s, time_point now) noexcept {
    const std::lock_guard lock(mutex_);
    if (state_.try_enter()) {
      ++admitted_;
      return entry::in;
    }
    if (!state_.try_wait(s.waiter)) {
      ++rejected_;
      return entry::rejected;
    }
    s.until = saturating_add(now, options_.longest_wait);
    return entry::waits;
  }

  // The call that waits is asked again.
  entry again(bulkhead_slot& s, time_point now) noexcept {
    const std::lock_guard lock(mutex_);
    if (s.waiter.granted) {
      ++admitted_;
      return entry::in;
    }
    if (now < s.until) return entry::waits;
    state_.give_up(s.waiter);
    ++rejected_;
    return entry::rejected;
  }

  void give_up(bulkhead_slot& s) noexcept {
    const std::lock_guard lock(mutex_);
    state_.give_up(s.waiter);
  }

  void release() noexcept {
    const std::lock_guard lock(mutex_);
    state_.release();
  }

  void reconfigure(bulkhead_options o) {
    const std::lock_guard lock(mutex_);
    options_ = std::move(o);
    state_.resize(options_.calls, options_.queue);
  }

  view look() const noexcept {
    const std::lock_guard lock(mutex_);
    return {state_.in_use(), state_.waiting(), admitted_, rejected_};
  }
  bulkhead_options options() const {
    const std::lock_guard lock(mutex_);
    return options_;
  }

 private:
  mutable std::mutex mutex_;
  bulkhead_options options_;
  detail::bulkhead_state state_;
  std::uint64_t admitted_ = 0;
  std::uint64_t rejected_ = 0;
};

class bulkhead::bulkhead_layer final : public layer {
 public:
  explicit bulkhead_layer(std::shared_ptr<shared> of) : of_(std::move(of)) {}

  decision enter(slot& s, context& c, outcome& turned_back) const override {
    auto& mine = s.make<bulkhead_slot>();
    mine.waiter.wake = c.facts.wake;
    return act(of_->enter(mine, c.now), s, c, turned_back);
  }

  decision resume(slot& s, context& c, outcome& turned_back) const override {
    return act(of_->again(s.as<bulkhead_slot>(), c.now), s, c, turned_back);
  }

  decision leave(slot& s, context&, outcome&) const override {
    give_back(s);
    return decision::proceed();
  }
  void abandon(slot& s, const context&, verdict) const noexcept override { give_back(s); }

  std::string text() const override {
    const bulkhead_options o = of_->options();
    std::string out = "bulkhead: " + std::to_string(o.calls) + " calls";
    if (o.queue != 0) {
      out += ", " + std::to_string(o.queue) + " may wait " + format_duration(o.longest_wait);
    }
    return out;
  }
  worst_case worst(worst_case inside) const override {
    const bulkhead_options o = of_->options();
    if (o.queue == 0 || inside.time == duration::max()) return inside;
    const bool fits = inside.time <= duration::max() - o.longest_wait;
    return {inside.attempts, fits ? inside.time + o.longest_wait : duration::max()};
  }
  role what() const noexcept override { return role::bulkhead; }

 private:
  decision act(shared::entry e, slot& s, const context& c, outcome& turned_back) const {
    auto& mine = s.as<bulkhead_slot>();
    switch (e) {
      case shared::entry::in:
        mine.until = time_point::min();
        return decision::proceed();
      case shared::entry::waits:
        return decision::wait(mine.waiter.wake ? mine.until
                                               : std::min(mine.until, c.now + look_again));
      case shared::entry::rejected:
        break;
    }
    s.destroy<bulkhead_slot>();
    turned_back = outcome::rejected(cause::rejected_limit, duration::zero());
    return decision::finish();
  }

  void give_back(slot& s) const noexcept {
    auto& mine = s.as<bulkhead_slot>();
    if (mine.until == time_point::min()) {
      of_->release();
    } else {
      of_->give_up(mine);
    }
    s.destroy<bulkhead_slot>();
  }

  const std::shared_ptr<shared> of_;
};

option_problems bulkhead_options::validate() const {
  option_problems found;
  if (calls < 1 || calls > most) found.push_back({"calls", "must be from 1 to 1000000"});
  if (queue > most) found.push_back({"queue", "must be at most 1000000"});
  if (longest_wait <= duration::zero()) found.push_back({"longest_wait", "must be above zero"});
  return found;
}

bulkhead::bulkhead(bulkhead_options options) {
  require_valid("bulkhead", options.validate());
  shared_ = std::make_shared<shared>(std::move(options));
}

result<bulkhead::place, rejection> bulkhead::try_acquire() const {
  if (!shared_->try_enter()) return failure(rejection{cause::rejected_limit, duration::zero()});
  return place(shared_);
}

bulkhead::view bulkhead::look() const noexcept {
  return shared_->look();
}

bulkhead_options bulkhead::options() const {
  return shared_->options();
}

void bulkhead::reconfigure(bulkhead_options options) const {
  require_valid("bulkhead", options.validate());
  shared_->reconfigure(std::move(options));
}

void bulkhead::place::release() noexcept {
  if (const auto of = std::exchange(of_, nullptr)) of->release();
}

layer_ptr as_layer(const bulkhead& b) {
  return std::make_shared<const bulkhead::bulkhead_layer>(b.shared_);
}

}  // namespace weir
