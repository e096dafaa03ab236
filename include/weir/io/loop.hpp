#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "weir/base/clock.hpp"
#include "weir/base/delegate.hpp"
#include "weir/base/intrusive_list.hpp"
#include "weir/io/timer_wheel.hpp"

namespace weir::io {

class buffer_pool;
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
  // An event of the batch at hand will be for this one, once a few others are done: time to
  // prefetch what it will touch. Comes with `step` 0, 1, … at some distance of each other, so that
  // each can follow a pointer in what the one before fetched. Changes nothing.
  virtual void foresee([[maybe_unused]] unsigned step) const noexcept {}

 protected:
  ~fd_handler() = default;
};

// A timer that lives inside its owner. Armed on the loop's wheel: O(1) to arm, re-arm and disarm,
// at a resolution of one millisecond, never early. Disarms itself when destroyed. Not thread-safe:
// it belongs to its loop's thread.
class timer {
 public:
  timer(loop& owner, delegate<void()> fire) noexcept : loop_(owner), node_(fire) {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  void arm(time_point at) noexcept;  // replaces an earlier arming; time_point::max(): never
  void disarm() noexcept { timer_wheel::disarm(node_); }
  bool armed() const noexcept { return node_.armed(); }
  time_point at() const noexcept { return node_.at(); }  // the last arming's

 private:
  loop& loop_;
  timer_wheel::node node_;
};

// Work for the end of the current batch of events, without allocation: how an object that is being
// called by the loop gets itself destroyed, or its writes gathered into one, or long work cut into
// turns. Runs once for each schedule(); scheduled from within deferred work it runs in the next
// batch, which then does not wait. Cancelled by destruction.
class deferred : private list_hook<> {
 public:
  deferred(loop& owner, delegate<void()> run) noexcept : loop_(owner), run_(run) {}

  void schedule() noexcept;
  void cancel() noexcept { unlink(); }
  bool scheduled() const noexcept { return linked(); }

 private:
  friend class loop;
  friend class intrusive_list<deferred>;
  loop& loop_;
  delegate<void()> run_;
};

// One event loop: one thread's sockets, timers and posted work. All members belong to the thread
// that calls run(), except post() and stop(). The clock is read once for each batch of events:
// everything that happens in a batch has the same now(). A batch is: readiness, then timers (an
// answer that is here in time beats its deadline), then posted work, then deferred work.
class loop {
 public:
  loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  void run();   // until stop()
  void stop();  // any thread, for good; run() returns after the current batch
  // One batch, waiting for it no longer than this; false when stopped. For tests and tools.
  bool run_once(duration longest_wait);

  time_point now() const noexcept { return now_; }
  std::int64_t unix_seconds() const noexcept;  // the wall clock, read at most once for each batch

  void post(std::function<void()> work);  // any thread; runs on the loop's thread, in order

  // The descriptor must be non-blocking. One registration for reading and writing.
  // False when the kernel refuses it (errno tells why).
  bool watch(int fd, fd_handler& handler);
  // Forget before closing. Events of the current batch for this handler are dropped too.
  void forget(int fd, fd_handler& handler) noexcept;

  buffer_pool& buffers() noexcept;  // blocks to read into, shared by the loop's connections

  static loop* current() noexcept;  // the loop that runs on this thread, or null

  struct impl;

 private:
  friend class timer;
  friend class deferred;

  bool batch(duration longest_wait);
  int wait_milliseconds(duration longest_wait) noexcept;

  time_point now_;
  timer_wheel wheel_;
  intrusive_list<deferred> deferred_;
  std::unique_ptr<impl> impl_;
};

inline void timer::arm(time_point at) noexcept {
  loop_.wheel_.arm(node_, at);
}

inline void deferred::schedule() noexcept {
  if (!linked()) loop_.deferred_.push_back(*this);
}

}  // namespace weir::io
