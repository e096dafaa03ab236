#pragma once

#include <cstddef>

#include "weir/io/loop.hpp"

namespace weir::gateway {

// Gives memory back to the system after a burst. The C library keeps what many requests at once
// needed (10 of 20 MB after 64 pages of a hundred calls at a time), though the next such burst may
// be a day away. So when a worker has had nothing to do for a moment since it had much, it is told
// to let go: under a millisecond, in which nobody waits. A worker that is never idle keeps what it
// uses anyway. Belongs to its loop's thread.
class idle_memory {
 public:
  explicit idle_memory(io::loop& on) noexcept
      : loop_(on), timer_(on, delegate<void()>::to<&idle_memory::on_timer>(*this)) {}

  void began() noexcept {
    if (++running_ > peak_) peak_ = running_;
  }
  void ended() noexcept {
    if (--running_ == 0 && peak_ >= burst) timer_.arm(loop_.now() + pause);
  }

 private:
  static constexpr std::size_t burst = 16;
  static constexpr duration pause = std::chrono::milliseconds(200);

  void on_timer() noexcept;

  io::loop& loop_;
  std::size_t running_ = 0;
  std::size_t peak_ = 0;  // since memory was last given back
  io::timer timer_;
};

}  // namespace weir::gateway
