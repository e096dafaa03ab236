#include "weir/resilience/pipeline/pipeline_call.hpp"

#include <algorithm>

#include "pipeline_race.hpp"

namespace weir {
namespace {

// Copied from memory that is long written: a copy of one just made would wait for its stores.
constexpr outcome nothing_yet{};

}  // namespace

pipeline_call::pipeline_call(const pipeline& p, const call_facts& facts, random_source& random)
    : pipeline_(p), facts_(facts), random_(random), root_(*this), first_(0), size_(p.straight()) {
  make_room();
  until_[0] = facts_.until;
  if (p.hedged()) [[unlikely]] {
    race_ = std::make_unique<race>();
  }
}

pipeline_call::pipeline_call(pipeline_call& root, std::size_t first, deadline until)
    : pipeline_(root.pipeline_),
      facts_(root.facts_),
      random_(root.random_),
      root_(root),
      first_(first),
      size_(root.pipeline_.straight_from(first) - first) {
  make_room();
  until_[0] = until;
  if (size_ != 0 && layer_at(size_ - 1).what() == layer::role::hedge) {
    race_ = std::make_unique<race>();
  }
}

void pipeline_call::make_room() {
  if (size_ > inline_layers) [[unlikely]] {
    more_slots_ = std::make_unique<layer::slot[]>(size_);
    more_until_ = std::make_unique<deadline[]>(size_ + 1);
    slots_ = more_slots_.get();
    until_ = more_until_.get();
  } else {
    slots_ = inline_slots_.data();
    until_ = inline_until_.data();
  }
}

pipeline_call::~pipeline_call() {
  switch (phase_) {
    case phase::racing:
      race_.reset();  // from the inside outwards
      [[fallthrough]];
    case phase::attempting:
    case phase::waiting:
      abandon_inside(0, verdict::ignored, last_now_);
      break;
    case phase::closing:
      race_.reset();
      [[fallthrough]];
    case phase::canceling:
      // The layers from depth_ outwards still hold their state.
      for (std::size_t i = depth_; i-- > 0;) {
        layer_at(i).abandon(slots_[i], context_at(0, last_now_), verdict::ignored);
      }
      break;
    case phase::fresh:
    case phase::finished:
      break;
  }
}

action pipeline_call::start(time_point now) {
  last_now_ = now;
  if (until_[0].expired(now) && &root_ == this) [[unlikely]] {
    outcome late = outcome::failure(cause::deadline, false);
    late.counts = verdict::ignored;
    phase_ = phase::finished;
    return {.kind = action_kind::finish, .how = late};
  }
  return travel(direction::inwards, 0, nothing_yet, now);
}

// The call moves through the layers until it is sent, waits, or comes out. Inwards, layer i is the
// next to be entered; outwards, i layers are still to be left, the last of them first.
action pipeline_call::travel(direction way, std::size_t i, outcome how, time_point now) {
  using kind = layer::decision::kind;
  try {
    for (;;) {
      if (way == direction::inwards) {
        if (i == size_) {
          fallback_ = -1;
          if (race_) [[unlikely]] {
            return begin_race(now);
          }
          phase_ = phase::attempting;
          attempt_ = ++root_.made_;
          return {.kind = action_kind::start_attempt,
                  .attempt = attempt_,
                  .until = until_[size_].when()};
        }
        layer::context c = context_at(i, now);
        const auto d = layer_at(i).enter(slots_[i], c, how);
        until_[i + 1] = c.until;
        if (d.what == kind::proceed) [[likely]] {
          ++i;
        } else if (d.what == kind::finish) {
          way = direction::outwards;
        } else {
          phase_ = phase::waiting;
          depth_ = i;
          wait_until_ = d.at;
          return wait_action();
        }
        continue;
      }
      if (i == 0) {
        phase_ = phase::finished;
        return {.kind = action_kind::finish,
                .attempt = attempt_,
                .how = how,
                .fallback = how.failed ? -1 : fallback_};
      }
      --i;
      layer::context c = context_at(i, now);
      const auto d = layer_at(i).leave(slots_[i], c, how);
      if (c.substituted) fallback_ = static_cast<int>(first_ + i);
      if (d.what == kind::wait) {
        if (d.at > now) {
          phase_ = phase::waiting;
          depth_ = i;
          wait_until_ = d.at;
          return wait_action();
        }
        way = direction::inwards;
        ++i;
      }
    }
  } catch (...) {
    // A function of the user's, asked by a layer. The layers further in were left already; what is
    // still to be given back is that of those further out.
    phase_ = phase::canceling;
    depth_ = i;
    pending_ = outcome::failure(cause::exception, false);
    throw;
  }
}

action pipeline_call::attempt_done(time_point now, std::uint32_t attempt, const outcome& how) {
  last_now_ = now;
  if (attempt == attempt_ && phase_ == phase::attempting) [[likely]] {
    return travel(direction::outwards, size_, how, now);
  }
  return race_ ? race_done(now, attempt, how) : next(now);
}

action pipeline_call::timer(time_point now) {
  last_now_ = now;
  if (phase_ == phase::canceling || phase_ == phase::closing) {
    return {.kind = action_kind::wait};  // for the attempt to go
  }
  if (phase_ == phase::fresh || phase_ == phase::finished) return {};
  const std::size_t inside = entered();
  if (!until_[inside].expired(now)) {
    if (phase_ == phase::racing) return race_timer(now);
    return phase_ == phase::waiting ? resume(now) : wait_action();
  }
  // The limits only shrink inwards: the outermost that ran out decides.
  std::size_t i = 0;
  while (!until_[i].expired(now)) ++i;
  if (i == 0) {
    // The caller's own. Nothing is tried again, but every layer is left in order, so that a
    // fallback may still answer. If a timeout inside had run out before, that is the other side's
    // failure.
    outcome late = outcome::failure(cause::deadline, false);
    late.counts = facts_.timeouts_count;
    if (!facts_.until_is_configured && until_[inside] == until_[0]) {
      late.counts = verdict::ignored;
      if (race_) race_->left = true;
    }
    if (phase_ == phase::racing) return close(inside, late, late.counts, now);
    return stop(inside, late, now);
  }
  abandon_inside(i, facts_.timeouts_count, now);
  outcome late = outcome::failure(cause::timeout, facts_.retryable);
  late.counts = facts_.timeouts_count;
  if (phase_ == phase::racing) return close(i, late, facts_.timeouts_count, now);
  return stop(i, late, now);
}

action pipeline_call::cancel(time_point now) {
  last_now_ = now;
  if (race_ && &root_ == this) race_->left = true;
  switch (phase_) {
    case phase::fresh:
      phase_ = phase::finished;
      return {.kind = action_kind::finish, .how = outcome::canceled()};
    case phase::attempting:
    case phase::waiting:
      return stop(entered(), outcome::canceled(), now);
    case phase::racing:
      return close(size_, outcome::canceled(), std::nullopt, now);
    case phase::canceling:
    case phase::closing:
      // Already on its way out for another reason: what would be tried again is not.
      pending_ = outcome::canceled();
      return {.kind = action_kind::wait};
    case phase::finished:
      return {};
  }
  return {};
}

// Ends what is inside the first i layers, and sends `how` out through them.
action pipeline_call::stop(std::size_t i, const outcome& how, time_point now) {
  if (phase_ == phase::waiting) return travel(direction::outwards, i, how, now);
  phase_ = phase::canceling;
  depth_ = i;
  pending_ = how;
  return {.kind = action_kind::cancel_attempt, .attempt = attempt_};
}

action pipeline_call::resume(time_point now) {
  layer::context c = context_at(depth_, now);
  outcome how;
  const auto d = layer_at(depth_).resume(slots_[depth_], c, how);
  until_[depth_ + 1] = c.until;
  switch (d.what) {
    case layer::decision::kind::proceed:
      return travel(direction::inwards, depth_ + 1, how, now);
    case layer::decision::kind::finish:
      return travel(direction::outwards, depth_, how, now);
    case layer::decision::kind::wait:
      break;
  }
  wait_until_ = d.at;
  return wait_action();
}

action pipeline_call::next(time_point now) {
  last_now_ = now;
  switch (phase_) {
    case phase::attempting:
    case phase::waiting:
      return wait_action();
    case phase::canceling:
      return travel(direction::outwards, depth_, pending_, now);
    case phase::racing:
    case phase::closing:
      return race_next(now);
    case phase::fresh:
    case phase::finished:
      break;
  }
  return {};
}

action pipeline_call::wait_action() noexcept {
  time_point until = until_[entered()].when();
  if (phase_ == phase::waiting) until = std::min(until, wait_until_);
  if (phase_ == phase::racing) until = std::min(until, race_due());
  return {.kind = action_kind::wait, .attempt = attempt_, .until = until};
}

std::size_t pipeline_call::entered() const noexcept {
  return phase_ == phase::waiting ? depth_ + 1 : size_;
}

void pipeline_call::abandon_inside(std::size_t i, verdict how, time_point now) noexcept {
  const layer::context c = context_at(i, now);
  for (std::size_t k = entered(); k-- > i;) layer_at(k).abandon(slots_[k], c, how);
}

}  // namespace weir
