#include <cassert>
#include <utility>

#include "client_connection.hpp"
#include "client_pool.hpp"

// Several exchanges on one connection. They join it only in the batch in which it took its first
// one: behind an answer that is already awaited, nobody knows for how long one would wait. All of
// them may be sent again, so that whatever befalls the connection, those that were not answered go
// elsewhere.
namespace weir::http {
namespace {

// For the first of several to get no byte of an answer.
constexpr duration too_long = std::chrono::milliseconds(100);

}  // namespace

void h1_connection::gather() {
  gathers_ = true;
  pool_.gathers(*this);
  flush_due_ = true;
  turn_.schedule();
}

void h1_connection::join(h1_exchange& behind) {
  assert(gathers_ && behind.may_share());
  behind.run_behind(*this, behind_out_);
  behind_.push_back(behind);
  ++behind_count_;
}

// Who comes now is late.
void h1_connection::sent_off() noexcept {
  if (!std::exchange(gathers_, false)) return;
  pool_.gathers_no_more(*this);
}

h1_connection::next h1_connection::next_in_line(h1_exchange& ended) {
  exchange_ = behind_.pop_front();
  if (--behind_count_ == 0) pool_.line_held();
  reused_ = behind_another_ = true;
  begin_answer();
  if (!pool_.tell_end(ended, [&] { ended.receiver().on_end(); })) return next::leave;
  if (state_ != state::busy) return next::leave;
  if (exchange_->abandoned()) {
    // Its answer may be long in coming: whoever stands behind it need not wait for that.
    h1_exchange& first = *std::exchange(exchange_, nullptr);
    close();
    pool_.recycle(first);
    return next::leave;
  }
  return exchange_->paused() ? next::leave : next::go_on;
}

void h1_connection::cancel_exchange(h1_exchange& cancelled) noexcept {
  if (&cancelled != exchange_) {
    cancelled.ended();
    return;
  }
  // It kept the others waiting until it was given up; one that leaves sooner has its own reasons.
  const duration waited = pool_.loop().now() - awaited_since_;
  if (behind_count_ != 0 && !answer_begun_ && waited >= too_long) pool_.line_broke();
  exchange_ = nullptr;
  if (as_if_unused()) {
    flush_due_ = false;
    sent_off();
    pool_.recycle(cancelled);
    pool_.released(*this);
    return;
  }
  close();
  pool_.recycle(cancelled);
}

// Nothing of what it carries has left yet, and it is in order.
bool h1_connection::as_if_unused() const noexcept {
  return !sending_begun_ && behind_count_ == 0 && begin_ == end_ && !undrained_ && !write_broken_ &&
         !stream_->peer_closed();
}

// Their answers would still follow the one that keeps them waiting: the connection ends with that.
void h1_connection::disperse(const h1_exchange& front) noexcept {
  if (&front != exchange_ || behind_count_ == 0) return;
  pool_.line_broke();
  keep_alive_ = false;
  send_line_elsewhere();
}

void h1_connection::send_line_elsewhere() noexcept {
  behind_count_ = 0;
  behind_out_.clear();
  while (h1_exchange* const one = behind_.pop_front()) {
    if (one->abandoned()) {
      pool_.recycle(*one);
    } else {
      pool_.resend(*one);
    }
  }
}

}  // namespace weir::http
