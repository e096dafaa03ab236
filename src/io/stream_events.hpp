#pragma once

#include <cstddef>

#include "weir/base/prefetch.hpp"
#include "weir/io/stream.hpp"

namespace weir::io {

// Passes a stream's events on to its handler: keeps them while there is none, and stops when the
// handler destroys the stream in the middle of them. A part of its stream.
class stream_events {
 public:
  explicit stream_events(loop& on) noexcept
      : loop_(on), kept_(on, delegate<void()>::to<&stream_events::deliver_kept>(*this)) {}
  ~stream_events() {
    if (destroyed_) *destroyed_ = true;
  }
  stream_events(const stream_events&) = delete;
  stream_events& operator=(const stream_events&) = delete;

  void set_handler(stream_handler* handler) noexcept {
    handler_ = handler;
    if (handler_ && any(pending_)) kept_.schedule();
  }

  // For the next handler, who is not there yet.
  void keep(fd_handler::readiness what) noexcept {
    pending_.readable |= what.readable;
    pending_.writable |= what.writable;
    pending_.peer_closed |= what.peer_closed;
  }

  loop& owner() const noexcept { return loop_; }

  void foresee(unsigned step) const noexcept {
    if (!handler_) return;
    if (step == 0)
      prefetch({reinterpret_cast<const std::byte*>(handler_), beginning});
    else
      handler_->foresee(step - 1);
  }

  // False when the stream is no more.
  bool deliver(fd_handler::readiness what) {
    if (!handler_) {
      keep(what);
      return true;
    }
    bool gone = false;
    bool* const outer = destroyed_;
    destroyed_ = &gone;
    tell(what, gone);
    if (gone) {
      if (outer) *outer = true;
      return false;
    }
    destroyed_ = outer;
    return true;
  }

 private:
  static constexpr std::size_t beginning = 512;  // of a handler: all of most

  static bool any(fd_handler::readiness r) { return r.readable || r.writable || r.peer_closed; }

  // In their order, until one destroys the stream.
  void tell(fd_handler::readiness what, const bool& gone) {
    if (what.writable) handler_->on_writable();
    if (!gone && what.readable && keep_unless_handled({.readable = true})) handler_->on_readable();
    if (!gone && what.peer_closed && keep_unless_handled({.peer_closed = true}))
      handler_->on_peer_closed();
  }

  // The handler may have stepped aside during an earlier event of the same delivery.
  bool keep_unless_handled(fd_handler::readiness what) {
    if (handler_) return true;
    keep(what);
    return false;
  }

  void deliver_kept() {
    const fd_handler::readiness what = pending_;
    pending_ = {};
    deliver(what);
  }

  loop& loop_;
  stream_handler* handler_ = nullptr;
  fd_handler::readiness pending_;
  bool* destroyed_ = nullptr;
  deferred kept_;
};

}  // namespace weir::io
