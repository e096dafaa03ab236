#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "weir/base/clock.hpp"
#include "weir/base/delegate.hpp"
#include "weir/base/intrusive_list.hpp"

namespace weir::io {

// A hierarchical timer wheel (Varghese and Lauck, 1987, scheme 7): eight levels of 64 slots, the
// lowest a millisecond wide. A node's level is the highest group of six bits in which its tick
// differs from the current one, so that arming, disarming and expiry are O(1), a node moves down at
// most seven times, and a level's slots never wrap round. One bitmap for each level finds the next
// occupied slot. Knows no clock: time is told by advance(). Not thread-safe.
class timer_wheel {
 public:
  static constexpr duration resolution = std::chrono::milliseconds(1);

  // Lives in its owner; leaves the wheel when destroyed.
  class node : private list_hook<> {
   public:
    explicit node(delegate<void()> fire) noexcept : fire_(fire) {}
    bool armed() const noexcept { return linked(); }
    time_point at() const noexcept { return at_; }

   private:
    friend class timer_wheel;
    friend class intrusive_list<node>;
    delegate<void()> fire_;
    time_point at_{};
    std::uint64_t tick_ = 0;
  };

  explicit timer_wheel(time_point origin) noexcept : origin_(origin) {}

  // Replaces an earlier arming. A time that has passed fires at the next advance(), also when armed
  // from within one, so that a timer that re-arms itself for "now" cannot hold the loop.
  // time_point::max() means never: the node is disarmed.
  void arm(node& n, time_point at) noexcept;
  static void disarm(node& n) noexcept { n.unlink(); }

  // Fires, in the order of their milliseconds, what is due at `now`; never what is not. Handlers
  // may arm, disarm and destroy any node. Returns how many fired.
  std::size_t advance(time_point now) noexcept;

  // When advance() should next be called: not later than the earliest node's time, and earlier only
  // when nodes must move down a level first. time_point::max() when nothing is armed.
  time_point next_expiry() noexcept;

 private:
  static constexpr unsigned slot_bits = 6;
  static constexpr unsigned slots = 1U << slot_bits;
  static constexpr unsigned levels = 8;  // 2^48 ms: more than a time_point holds

  struct level {
    std::uint64_t occupied = 0;  // may name a slot that has been emptied; see next_slot
    std::array<intrusive_list<node>, slots> slot;
  };
  struct place {
    unsigned level;
    unsigned slot;
    std::uint64_t tick;  // the slot's first
  };

  void insert(node& n) noexcept;
  bool next_slot(place& found) noexcept;

  time_point origin_;
  std::uint64_t tick_ = 0;
  intrusive_list<node> due_;  // armed for a time that had come already
  std::array<level, levels> levels_;
};

}  // namespace weir::io
