#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace interleavings {

using thread_set = std::uint32_t;  // a bit for each

// The decisions of one execution, so that the next execution goes another way: depth first, and
// without keeping any state of the program (it is run anew from its start each time).
//
// Of all orders that differ in steps that do not touch each other, one is tried:
//
// - Another thread gets a turn at a point only if something later in the execution raced with the
//   step made there (source sets; Abdulla, Aronis, Jonsson and Sagonas 2014).
// - Once all ways that begin with a thread's next step were tried from a point, the step sleeps
//   there until another one that it depends on is made (sleep sets; Godefroid 1996).
class choices {
 public:
  struct turn {
    unsigned thread;
    thread_set asleep;  // at the point of the decision
    std::size_t point;  // of the decision
  };

  // `all_orders`: no order is left out for being like another.
  void start_over(bool all_orders) noexcept {
    all_orders_ = all_orders;
    way_.clear();
  }
  void rewind() noexcept { at_ = 0; }

  // At least one is awake, unless this decision was made before.
  bool replaying() const noexcept { return at_ < way_.size(); }
  turn thread(thread_set able, thread_set asleep, unsigned preferred) {
    if (!replaying()) {
      const thread_set awake = able & ~asleep;
      const auto first = (awake >> preferred & 1U) != 0 ? preferred : lowest(awake);
      way_.push_back({true, first, 0, all_orders_ ? able & ~bit(first) : 0, asleep});
    }
    const decision& d = way_[at_];
    return {d.chosen, d.asleep, at_++};
  }
  // One of those threads is to have its turn at that point.
  void also(std::size_t point, thread_set one_of) noexcept {
    if (all_orders_) return;
    decision& d = way_[point];
    if (((d.open | d.asleep | bit(d.chosen)) & one_of) == 0) d.open |= bit(lowest(one_of));
  }
  // One of so many values.
  unsigned value(unsigned count) {
    if (!replaying()) way_.push_back({false, 0, count, 0, 0});
    return way_[at_++].chosen;
  }

  // Turns to the next way; false when all were gone.
  bool next() noexcept {
    for (; !way_.empty(); way_.pop_back()) {
      decision& d = way_.back();
      if (!d.of_threads) {
        if (++d.chosen < d.count) return true;
        continue;
      }
      if (!all_orders_) d.asleep |= bit(d.chosen);
      if (d.open != 0) {
        d.chosen = lowest(d.open);
        d.open &= ~bit(d.chosen);
        return true;
      }
    }
    return false;
  }

  static thread_set bit(unsigned thread) noexcept { return thread_set{1} << thread; }
  static unsigned lowest(thread_set s) noexcept {
    return static_cast<unsigned>(std::countr_zero(s));
  }

 private:
  struct decision {
    bool of_threads;
    unsigned chosen;
    unsigned count;   // of values
    thread_set open;  // to be tried yet
    thread_set asleep;
  };

  bool all_orders_ = false;
  std::vector<decision> way_;
  std::size_t at_ = 0;
};

}  // namespace interleavings
