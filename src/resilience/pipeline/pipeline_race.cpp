// What a call does when a hedge of its pipeline has several attempts in flight.

#include "pipeline_race.hpp"

#include <algorithm>

namespace weir {
namespace {

const hedging_layer& hedge_of(const layer& l) noexcept {
  return static_cast<const hedging_layer&>(l);
}

}  // namespace

action pipeline_call::begin_race(time_point now) {
  phase_ = phase::racing;
  *race_ = race{};
  action todo;
  return add_branch(todo, now) ? settle(now) : todo;
}

// Starts another branch; false if `todo` is for the driver.
bool pipeline_call::add_branch(action& todo, time_point now) {
  race& r = *race_;
  r.branches.push_back(
      {std::unique_ptr<pipeline_call>(new pipeline_call(root_, first_ + size_, until_[size_])),
       now});
  branch& b = r.branches.back();
  todo = b.call->start(now);
  if (absorb(b, todo, now)) return true;
  r.told_last = r.branches.size() - 1;
  return false;
}

// What a branch wants: noted here, or (false) to be done by the driver.
bool pipeline_call::absorb(branch& b, const action& todo, time_point now) {
  switch (todo.kind) {
    case action_kind::start_attempt:
    case action_kind::cancel_attempt:
      return false;
    case action_kind::wait:
      b.due = todo.until;
      return true;
    case action_kind::none:
      return true;
    case action_kind::finish:
      break;
  }
  race& r = *race_;
  b.over = true;
  b.due = time_point::max();
  // How long a caller was willing to wait says nothing of how long calls take.
  if (todo.how.why != cause::canceled || r.won || !root_.race_->left) {
    hedge_of(layer_at(size_ - 1)).branch_ended(slots_[size_ - 1], b.began, now, todo.how);
  }
  if (phase_ != phase::racing || r.won) return true;
  // That the hedge found no room says less than how the call itself failed.
  if (!r.ended || !todo.how.failed || !is_rejection(todo.how.why) || is_rejection(r.how.why)) {
    r.ended = true;
    r.won = !todo.how.failed;
    r.how = todo.how;
    attempt_ = todo.attempt;
    fallback_ = todo.fallback;
  }
  return true;
}

// Reads off the branches what is to be done next, and does what is not the driver's.
action pipeline_call::settle(time_point now) {
  race& r = *race_;
  for (;;) {
    if (phase_ == phase::racing && r.won) {
      phase_ = phase::closing;
      depth_ = size_;
      pending_ = r.how;
      r.dropped.reset();
    }
    bool busy = false;
    for (std::size_t k = 0; k < r.branches.size() && !(phase_ == phase::racing && r.won); ++k) {
      branch& b = r.branches[k];
      if (b.over) continue;
      action todo{.kind = action_kind::none};
      if (phase_ == phase::closing && !b.told) {
        b.told = true;
        todo = r.dropped ? b.call->drop(*r.dropped, now) : b.call->cancel(now);
      } else if (phase_ == phase::racing && b.ask) {
        b.ask = false;
        todo = b.call->timer(now);
      }
      if (!absorb(b, todo, now)) {
        r.told_last = k;
        return todo;
      }
      busy = busy || !b.over;
    }
    if (phase_ == phase::racing && r.won) continue;
    if (!busy) {
      if (phase_ == phase::closing) return travel(direction::outwards, depth_, pending_, now);
      return travel(direction::outwards, size_, r.how, now);
    }
    if (phase_ == phase::closing) return {.kind = action_kind::wait};
    const hedging_layer& hedge = hedge_of(layer_at(size_ - 1));
    if (hedge.more_at(slots_[size_ - 1]) > now) return wait_action();
    layer::context c = context_at(size_ - 1, now);
    action todo;
    if (hedge.try_more(slots_[size_ - 1], c) && !add_branch(todo, now)) return todo;
  }
}

// Stops all branches, and sends `how` out through the first i layers once they are gone. `dropped`:
// those further in are not left but cut short, and what that says.
action pipeline_call::close(std::size_t i, const outcome& how, std::optional<verdict> dropped,
                            time_point now) {
  phase_ = phase::closing;
  depth_ = i;
  pending_ = how;
  race_->dropped = dropped;
  return settle(now);
}

// A layer further out cut short what this branch does.
action pipeline_call::drop(verdict how, time_point now) {
  last_now_ = now;
  const phase was = phase_;
  const outcome gone = outcome::canceled();
  switch (was) {
    case phase::fresh:
    case phase::waiting:
      if (was == phase::waiting) abandon_inside(0, how, now);
      phase_ = phase::finished;
      return {.kind = action_kind::finish, .attempt = attempt_, .how = gone};
    case phase::attempting:
      abandon_inside(0, how, now);
      return stop(0, gone, now);
    case phase::racing:
      abandon_inside(0, how, now);
      return close(0, gone, how, now);
    case phase::canceling:
    case phase::closing:
      for (std::size_t i = depth_; i-- > 0;) {
        layer_at(i).abandon(slots_[i], context_at(0, now), how);
      }
      depth_ = 0;
      pending_ = gone;
      return {.kind = action_kind::wait};
    case phase::finished:
      break;
  }
  return {};
}

action pipeline_call::race_done(time_point now, std::uint32_t attempt, const outcome& how) {
  if (phase_ != phase::racing && phase_ != phase::closing) return next(now);
  race& r = *race_;
  for (std::size_t k = 0; k < r.branches.size(); ++k) {
    branch& b = r.branches[k];
    if (b.over || !b.call->has_attempt(attempt)) continue;
    if (r.told_last == k) r.told_last = race::nobody;
    const action todo = b.call->attempt_done(now, attempt, how);
    if (!absorb(b, todo, now)) {
      r.told_last = k;
      return todo;
    }
    break;
  }
  return settle(now);
}

action pipeline_call::race_next(time_point now) {
  race& r = *race_;
  const std::size_t k = std::exchange(r.told_last, race::nobody);
  if (k != race::nobody && !r.branches[k].over) {
    branch& b = r.branches[k];
    const action todo = b.call->next(now);
    if (!absorb(b, todo, now)) {
      r.told_last = k;
      return todo;
    }
  }
  return settle(now);
}

action pipeline_call::race_timer(time_point now) {
  for (branch& b : race_->branches) b.ask = !b.over;
  return settle(now);
}

bool pipeline_call::has_attempt(std::uint32_t attempt) const noexcept {
  if (phase_ == phase::attempting || phase_ == phase::canceling) return attempt == attempt_;
  if (phase_ != phase::racing && phase_ != phase::closing) return false;
  return std::any_of(race_->branches.begin(), race_->branches.end(),
                     [&](const branch& b) { return !b.over && b.call->has_attempt(attempt); });
}

time_point pipeline_call::race_due() const noexcept {
  time_point due = hedge_of(layer_at(size_ - 1)).more_at(slots_[size_ - 1]);
  for (const branch& b : race_->branches) due = std::min(due, b.due);
  return due;
}

}  // namespace weir
