#pragma once

#include <condition_variable>
#include <mutex>

#include "weir/base/clock.hpp"

namespace weir {

// Where one thread waits, and others wake it. A wake that comes before the wait is kept, so none is
// lost; several before one wait are one. wake() may be called by any thread.
class waiter {
 public:
  void wake() noexcept {
    // Notified under the lock: the waiter may be gone as soon as it is released.
    const std::lock_guard lock(mutex_);
    woken_ = true;
    condition_.notify_one();
  }

  // On the machine's clock; time_point::max() waits for a wake alone.
  void sleep_until(time_point until) {
    std::unique_lock lock(mutex_);
    const auto woken = [this] { return woken_; };
    if (until == time_point::max()) {
      condition_.wait(lock, woken);
    } else {
      condition_.wait_until(lock, until, woken);
    }
    woken_ = false;
  }

  // Takes a wake that came already, if one did.
  bool take() noexcept {
    const std::lock_guard lock(mutex_);
    const bool was = woken_;
    woken_ = false;
    return was;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
};

}  // namespace weir
