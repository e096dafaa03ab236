#include <algorithm>

#include "server_connection.hpp"
#include "server_impl.hpp"

// One timer for each connection, moved only to an earlier time. A deadline that moves later, as the
// idle one does with every request, is a store: the timer fires at the old time, looks, and goes on
// to the new one.
namespace weir::http {

void server_connection::read_until(time_point at) noexcept {
  read_until_ = at;
  arm();
}

void server_connection::write_until(time_point at) noexcept {
  write_until_ = at;
  arm();
}

void server_connection::arm() noexcept {
  const time_point next = std::min(read_until_, write_until_);
  if (next != time_point::max() && (!timer_.armed() || next < timer_.at())) timer_.arm(next);
}

void server_connection::on_timer() {
  const time_point now = server_.loop.now();
  if (write_until_ <= now) {
    cut_off();  // a client that does not read: a clean end would take what it has for the whole
    return;
  }
  if (read_until_ <= now) reading_timed_out();
  if (phase_ != phase::closed) arm();
}

void server_connection::reading_timed_out() {
  read_until_ = time_point::max();
  if (phase_ == phase::lingering) {
    close(false);
    return;
  }
  if (phase_ != phase::open) return;
  if (body_ == body_state::wanted || body_ == body_state::discarded) {
    const time_point due = rate_.deadline(decoder_.received());
    if (due > server_.loop.now()) {
      read_until(due);
    } else if (body_ == body_state::discarded) {
      // An answer that the client is still taking goes out whole.
      outbox_.size() == 0 ? close(false) : begin_closing(true);
    } else {
      body_failed(408, "the body came too slowly");
    }
    return;
  }
  if (active_) return;
  if (head_since_ == time_point{}) {
    close(false);  // idle: in silence
    return;
  }
  reject(408, "the head came too slowly");
  settle();
}

}  // namespace weir::http
