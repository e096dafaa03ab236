#include "weir/io/timer_wheel.hpp"

#include <bit>

namespace weir::io {
namespace {

constexpr auto tick_length = timer_wheel::resolution.count();

}  // namespace

void timer_wheel::arm(node& n, time_point at) noexcept {
  n.unlink();
  n.at_ = at;
  if (at == time_point::max()) return;
  const auto since = (at - origin_).count();
  // Rounded up, and the current time down: what fires is never early.
  n.tick_ = since <= 0 ? 0 : static_cast<std::uint64_t>((since - 1) / tick_length + 1);
  insert(n);
}

void timer_wheel::insert(node& n) noexcept {
  if (n.tick_ <= tick_) {
    due_.push_back(n);
    return;
  }
  const auto differing = static_cast<unsigned>(std::bit_width(n.tick_ ^ tick_)) - 1;
  const unsigned at = differing / slot_bits;
  const auto slot = static_cast<unsigned>(n.tick_ >> (at * slot_bits)) % slots;
  levels_[at].slot[slot].push_back(n);
  levels_[at].occupied |= std::uint64_t{1} << slot;
}

// Nodes leave their slots without telling the bitmap (they unlink in O(1) from wherever they are),
// so a bit is believed only after a look, and cleared if it was stale: once for each arming at
// most.
bool timer_wheel::next_slot(place& found) noexcept {
  for (unsigned at = 0; at < levels; ++at) {
    level& l = levels_[at];
    while (l.occupied != 0) {
      const auto slot = static_cast<unsigned>(std::countr_zero(l.occupied));
      if (l.slot[slot].empty()) {
        l.occupied &= l.occupied - 1;
        continue;
      }
      const unsigned shift = at * slot_bits;
      const std::uint64_t above = tick_ >> (shift + slot_bits) << (shift + slot_bits);
      found = {at, slot, above | (std::uint64_t{slot} << shift)};
      return true;
    }
  }
  return false;
}

std::size_t timer_wheel::advance(time_point now) noexcept {
  intrusive_list<node> firing;
  firing.splice_back(due_);
  const auto since = (now - origin_).count();
  const auto target = since <= 0 ? 0 : static_cast<std::uint64_t>(since / tick_length);
  for (place next; tick_ < target && next_slot(next) && next.tick <= target;) {
    tick_ = next.tick;
    level& l = levels_[next.level];
    l.occupied &= ~(std::uint64_t{1} << next.slot);
    intrusive_list<node> moving;
    moving.splice_back(l.slot[next.slot]);
    if (next.level == 0) {
      firing.splice_back(moving);
      continue;
    }
    while (node* n = moving.pop_front()) insert(*n);
    firing.splice_back(due_);  // those for the slot's first tick
  }
  if (target > tick_) tick_ = target;

  std::size_t fired = 0;
  while (node* n = firing.pop_front()) {
    ++fired;
    n->fire_();
  }
  return fired;
}

time_point timer_wheel::next_expiry() noexcept {
  if (!due_.empty()) return origin_ + duration(static_cast<duration::rep>(tick_) * tick_length);
  place next;
  if (!next_slot(next)) return time_point::max();
  return saturating_add(origin_, duration(static_cast<duration::rep>(next.tick) * tick_length));
}

}  // namespace weir::io
