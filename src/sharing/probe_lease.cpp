#include "probe_lease.hpp"

#include <chrono>
#include <utility>

#include "scripts.hpp"

namespace weir::sharing {
namespace {

constexpr duration between_tries = std::chrono::milliseconds(100);

}  // namespace

probe_lease::probe_lease(io::loop& on, link& by, const circuit_breaker& breaker, duration lasts,
                         teller tell)
    : loop_(on),
      link_(by),
      breaker_(breaker),
      lasts_(lasts),
      key_(by.key("probe", breaker.name())),
      tell_(std::move(tell)),
      seen_rejections_(breaker.snapshot(on.now()).not_permitted) {
  gate_->open = this;
}

probe_lease::~probe_lease() {
  gate_->open = nullptr;
}

void probe_lease::stand_by() {
  if (std::exchange(mine_, false)) drop();
  under_way_ = true;
  hold(true);
  next_try_ = loop_.now();
  seen_rejections_ = breaker_.snapshot(loop_.now()).not_permitted;
}

void probe_lease::end() {
  if (std::exchange(mine_, false)) drop();
  under_way_ = other_wants_ = false;
  hold(false);
}

void probe_lease::leave() {
  if (mine_) give_up();
  end();
}

void probe_lease::on_freed() {
  next_try_ = loop_.now();
}

void probe_lease::on_tick(time_point now) {
  if (!under_way_) return;
  if (mine_) {
    keep_or_give(now);
  } else if (held_ && breaker_.state(now) == circuit_mode::half_open) {
    const std::uint64_t rejected = breaker_.snapshot(now).not_permitted;
    if (rejected != std::exchange(seen_rejections_, rejected) && now >= next_wish_) {
      next_wish_ = now + between_tries;
      tell_(message::word::wanted);
    }
    if (now >= next_try_) try_for_it(now);
  }
}

void probe_lease::ask(std::function<void(const redis::reply*)> then) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(lasts_).count();
  link_.run(scripts::take_lease, {key_}, {link_.process(), std::to_string(ms)},
            [g = gate_, then = std::move(then)](const redis::reply* answer) {
              if (g->open) then(answer);
            });
}

void probe_lease::try_for_it(time_point now) {
  if (asking_ || !link_.up()) return;
  asking_ = true;
  next_try_ = now + between_tries;
  ask([this](const redis::reply* answer) {
    asking_ = false;
    if (!answer || answer->integer() != 1) return;
    if (!under_way_) return drop();
    mine_ = true;
    other_wants_ = false;
    renewed_ = loop_.now();
    hold(false);
  });
}

// A probe on its way keeps the lease; without one, who has calls gets it.
void probe_lease::keep_or_give(time_point now) {
  const bool probing = breaker_.snapshot(now).probes_in_flight != 0;
  if (other_wants_ && !probing) {
    hold(true);
    // A call may have slipped in as a probe just before.
    if (breaker_.snapshot(now).probes_in_flight != 0) return;
    give_up();
    next_try_ = now + between_tries;
    return;
  }
  if (now - renewed_ < lasts_ / 3) return;
  renewed_ = now;
  ask([this](const redis::reply* answer) {
    if (!answer || answer->integer() == 1 || !mine_) return;
    // It ran out, since this process stood still, and another has it.
    mine_ = other_wants_ = false;
    hold(true);
    next_try_ = loop_.now() + between_tries;
  });
}

void probe_lease::give_up() {
  mine_ = other_wants_ = false;
  drop();
  tell_(message::word::freed);
}

void probe_lease::drop() {
  if (link_.up()) link_.run(scripts::drop_lease, {key_}, {link_.process()});
}

void probe_lease::hold(bool held) {
  if (held == held_) return;
  held_ = held;
  breaker_.hold_probes(held);
}

}  // namespace weir::sharing
