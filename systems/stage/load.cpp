#include "systems/stage/load.hpp"

#include <algorithm>

namespace weir::stage {

namespace {

constexpr auto step = std::chrono::milliseconds(10);

}  // namespace

load::load(io::loop& on, visitor& by, options with)
    : loop_(on),
      visitor_(by),
      options_(std::move(with)),
      timer_(on, delegate<void()>::to<&load::tick>(*this)) {}

void load::start() {
  running_ = true;
  now_ = {};
  sent_this_second_ = 0;
  second_began_ = now();
  timer_.arm(second_began_);
}

void load::stop() {
  running_ = false;
  timer_.disarm();
}

void load::tick() {
  const time_point at = loop_.now();
  if (at - second_began_ >= std::chrono::seconds(1)) {
    if (options_.each_second) options_.each_second(now_);
    now_ = {};
    sent_this_second_ = 0;
    second_began_ = at;
  }
  // What is due by now, so that a late timer is made up for within its second.
  const double part = std::chrono::duration<double>(at - second_began_ + step).count();
  const auto due = static_cast<unsigned>(std::min(part, 1.0) * options_.rate);
  for (; sent_this_second_ < due; ++sent_this_second_) {
    if (under_way_ >= options_.at_once) {
      ++now_.skipped;
      continue;
    }
    ++under_way_;
    visitor_.ask(options_.what, [this](const answer& a) {
      --under_way_;
      ++now_.answered;
      if (a.status == 0 || a.status >= 500) ++now_.failed;
      if (options_.is_partial && options_.is_partial(a)) ++now_.partial;
      now_.slowest = std::max(now_.slowest, a.took);
    });
  }
  timer_.arm(at + step);
}

}  // namespace weir::stage
