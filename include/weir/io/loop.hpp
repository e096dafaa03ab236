#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "weir/base/clock.hpp"
#include "weir/base/delegate.hpp"

namespace weir::io {

class loop;

// What a descriptor's owner is told. Readiness is edge-triggered and registered once for each
// descriptor (a further epoll_ctl costs more than it saves), so an owner that stops before it has
// drained a descriptor must remember that itself.
class fd_handler {
 public:
  struct readiness {
    bool readable = false;
    bool writable = false;
    bool peer_closed = false;  // the peer has shut its sending side, or the socket has failed
  };
  virtual void on_ready(readiness what) = 0;

 protected:
  ~fd_handler() = default;
};

// A timer that lives inside its owner. Armed on a wheel: O(1) to arm, re-arm and disarm, at a
// resolution of one millisecond, never early. Disarms itself when destroyed. Not thread-safe: it
// belongs to its loop's thread.
class timer {
 public:
  timer(loop& owner, delegate<void()> fire) noexcept : loop_(owner), fire_(fire) {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer();

  void arm(time_point at) noexcept;  // replaces an earlier arming
  void disarm() noexcept;
  bool armed() const noexcept { return slot_next_ != nullptr; }
  time_point at() const noexcept { return at_; }

 private:
  friend class timer_wheel;
  loop& loop_;
  delegate<void()> fire_;
  time_point at_{};
  timer* slot_next_ = nullptr;
  timer* slot_prev_ = nullptr;
};

// Work for the end of the current batch of events, without allocation: how an object that is being
// called by the loop gets itself destroyed, or its writes gathered into one. Runs once for each
// schedule(); cancelled by destruction.
class deferred {
 public:
  deferred(loop& owner, delegate<void()> run) noexcept : loop_(owner), run_(run) {}
  deferred(const deferred&) = delete;
  deferred& operator=(const deferred&) = delete;
  ~deferred();

  void schedule() noexcept;
  bool scheduled() const noexcept { return next_ != nullptr; }

 private:
  friend class loop;
  loop& loop_;
  delegate<void()> run_;
  deferred* next_ = nullptr;
  deferred* prev_ = nullptr;
};

// One event loop: one thread's sockets, timers and posted work. All members belong to the thread
// that calls run(), except post() and stop(). The clock is read once for each batch of events:
// everything that happens in a batch has the same now().
class loop {
 public:
  loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  void run();         // until stop()
  void stop();        // any thread; run() returns after the current batch
  bool run_once(duration longest_wait);  // one batch; false when stopped. For tests and tools.

  time_point now() const noexcept { return now_; }
  std::int64_t unix_seconds() const noexcept;  // the wall clock, read at most once for each batch

  void post(std::function<void()> work);  // any thread; runs on the loop's thread, in order

  // The descriptor must be non-blocking. One registration for reading and writing.
  // False when the kernel refuses it (errno tells why).
  bool watch(int fd, fd_handler& handler);
  // Forget before closing. Events of the current batch for this handler are dropped too.
  void forget(int fd, fd_handler& handler) noexcept;

  static loop* current() noexcept;  // the loop that runs on this thread, or null

  struct impl;

 private:
  friend class timer;
  friend class deferred;
  time_point now_;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::io
