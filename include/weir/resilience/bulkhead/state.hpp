#pragma once

#include <cstdint>

#include "weir/base/delegate.hpp"
#include "weir/base/intrusive_list.hpp"

namespace weir::detail {

// A call that waits for a place. Lives where the call does, and leaves the queue when destroyed.
struct bulkhead_waiter : list_hook<> {
  delegate<void()> wake;  // called when a place was given to it
  bool granted = false;
};

// So many places, and a queue in front of them, as a pure state: first come, first served. A place
// that is given back goes to the head of the queue at once, so that nobody who comes later can
// overtake. Not thread-safe; knows no time.
class bulkhead_state {
 public:
  bulkhead_state(std::uint32_t calls, std::uint32_t queue) noexcept
      : calls_(calls), queue_(queue) {}

  // A place now, or not.
  bool try_enter() noexcept {
    if (in_use_ >= calls_) return false;
    ++in_use_;
    return true;
  }
  // Joins the end of the queue; false if that is full.
  bool try_wait(bulkhead_waiter& w) noexcept;
  // A call that waits gives up. A place that was given to it goes on to the next.
  void give_up(bulkhead_waiter& w) noexcept;
  // A place is given back.
  void release() noexcept;
  // More or fewer places: those in use beyond them are not taken away, but not given again either.
  void resize(std::uint32_t calls, std::uint32_t queue) noexcept;

  std::uint32_t in_use() const noexcept { return in_use_; }
  std::uint32_t waiting() const noexcept { return waiting_; }

 private:
  void grant() noexcept;

  std::uint32_t calls_;
  std::uint32_t queue_;
  std::uint32_t in_use_ = 0;  // with those given to waiters
  std::uint32_t waiting_ = 0;
  intrusive_list<bulkhead_waiter> waiters_;
};

}  // namespace weir::detail
