#include "server_connection.hpp"

#include <algorithm>

#include "server_impl.hpp"

namespace weir::http {
namespace {

// One connection's turn: a client that pipelines without end must not hold the loop.
constexpr unsigned requests_in_a_turn = 64;

}  // namespace

server_connection::server_connection(server::impl& of, std::unique_ptr<io::stream> client,
                                     const io::address& from)
    : server_(of),
      stream_(std::move(client)),
      peer_(from),
      timer_(of.loop, delegate<void()>::to<&server_connection::on_timer>(*this)),
      later_(of.loop, delegate<void()>::to<&server_connection::run_later>(*this)),
      outbox_(of.spares) {
  stream_->set_handler(this);
  read_until(saturating_add(of.loop.now(), of.with.limits.idle_timeout));
}

server_connection::~server_connection() {
  if (active_) --server_.active;
}

io::loop& server_connection::loop() const noexcept {
  return server_.loop;
}

bool server_connection::idle() const noexcept {
  return phase_ == phase::open && !active_ && !body_open() && input_.empty() && outbox_.size() == 0;
}

void server_connection::on_readable() {
  readable_ = true;
  if (phase_ == phase::lingering) {
    discard_input();
  } else {
    take_turns();
  }
}

void server_connection::on_writable() {
  flush();
  if (active_ && !outbox_.blocked() && drained_) drained_();
  take_turns();
}

void server_connection::on_peer_closed() {
  readable_ = true;
  peer_closed_ = true;
  if (phase_ == phase::lingering) {
    discard_input();
  } else if (active_) {
    check_gone();
  } else {
    take_turns();
  }
}

// Reads requests and lets them be answered, one after the other, until something has to be waited
// for. A handler that answers at once comes back here by returning, never by recursion.
void server_connection::take_turns() {
  if (in_turns_) return;
  in_turns_ = true;
  for (unsigned taken = 0; phase_ == phase::open && !outbox_.blocked();) {
    if (active_) {
      if (body_ == body_state::wanted) pump_body();
      if (active_) {
        check_gone();
        if (active_ || phase_ != phase::open) break;
      }
      continue;
    }
    if (body_ == body_state::discarded) {
      discard_body();
      if (body_open()) break;
      continue;
    }
    if (taken++ == requests_in_a_turn) {
      schedule(go_on);
      break;
    }
    if (!next_request()) break;
  }
  in_turns_ = false;
  settle();
}

bool server_connection::next_request() {
  // A head is judged by the limits that it began with, whatever a reload says in its middle.
  if (!parser_.begun()) {
    const server_limits& limits = server_.with.limits;
    head_ = {};
    parser_.reset();
    parser_.set_limits({.target_bytes = limits.target_bytes,
                        .head_bytes = std::min(limits.head_bytes, input_buffer::most_head_bytes),
                        .fields = limits.head_fields});
  }
  for (;;) {
    if (input_.held() && !input_.empty()) {
      const parse_result parsed = parser_.parse(input_.unread(), input_.room(), head_);
      if (parsed.state == parse_result::outcome::complete) [[likely]] {
        begin_exchange(parsed.consumed);
        return true;
      }
      if (parsed.state == parse_result::outcome::error) {
        reject(parsed.status, parsed.detail);
        return false;
      }
      if (parser_.begun() && head_since_ == time_point{}) head_since_ = server_.loop.now();
    }
    if (!fill()) return false;
  }
}

bool server_connection::fill() {
  if (!readable_) return false;
  if (ended_) {
    input_ended();
    return false;
  }
  input_.hold(server_.loop.buffers());
  if (!active_ && !body_open()) input_.compact();
  const io::io_result got = stream_->read(input_.space());
  switch (got.status) {
    case io::io_status::ok:
      input_.add(got.bytes);
      readable_ = !got.drained || peer_closed_;
      return true;
    case io::io_status::would_block:
      readable_ = false;
      return false;
    case io::io_status::end:
      peer_closed_ = ended_ = true;
      input_ended();
      return false;
    case io::io_status::failed:
      client_gone(answered_);
      return false;
  }
  return false;
}

void server_connection::begin_exchange(std::size_t head_bytes) {
  input_.consume(head_bytes);
  input_.keep();
  parser_.reset();
  head_since_ = {};
  read_until(time_point::max());
  received_ = server_.loop.now();
  active_ = true;
  answered_ = false;
  streaming_ = chunked_ = has_length_ = bodiless_ = false;
  keep_ = head_.keep_alive && !server_.going_away;
  continue_due_ = head_.expects_continue;
  body_ = head_.has_body ? body_state::unasked : body_state::none;
  bytes_sent_ = 0;
  ++served_;
  ++server_.active;
  server_.handler.on_request(*this);
}

// The handler has said its last word, or has been told that the exchange is over.
void server_connection::release_handler() noexcept {
  active_ = false;
  --server_.active;
  sink_ = nullptr;
  abort_ = {};
  drained_ = {};
}

// The answer is complete, though it may not have left yet.
void server_connection::after_exchange(bool keep) {
  if (phase_ == phase::open) {
    if (body_open() && body_ != body_state::unasked && decoder_.done()) body_ = body_state::none;
    if (!keep) {
      begin_closing(body_open() || !input_.empty() || readable_);
    } else if (body_open()) {
      begin_discarding();
    } else {
      input_.release();
    }
  }
  if (in_turns_) return;
  // Further requests are for the end of the batch: not inside the handler's call.
  if (phase_ == phase::open && (!input_.empty() || readable_ || body_open())) {
    schedule(go_on);
  } else {
    settle();
  }
}

// What is due when nothing more can be done at once: the writes gathered on the way, unless they
// wait for the batch's end, the buffer given back, the next deadline.
void server_connection::settle() {
  if (in_turns_) return;
  if (outbox_.size() != 0 && !outbox_.blocked() && (later_flags_ & send) == 0) flush();
  if (phase_ == phase::closing && outbox_.size() == 0) finish_closing();
  if (phase_ == phase::closed && !active_) schedule(destroy);
  // A connection whose answer is still on its way is not idle, however long the client takes.
  if (phase_ != phase::open || active_ || body_open() || outbox_.size() != 0) return;
  if (head_since_ != time_point{}) {
    read_until(saturating_add(head_since_, server_.with.limits.head_timeout));
    return;
  }
  if (input_.empty()) input_.give_back();
  if (read_until_ == time_point::max()) {
    read_until(saturating_add(server_.loop.now(), server_.with.limits.idle_timeout));
  }
}

void server_connection::schedule(later what) noexcept {
  later_flags_ |= what;
  later_.schedule();
}

void server_connection::run_later() {
  const std::uint8_t flags = later_flags_;
  later_flags_ = 0;
  if ((flags & destroy) != 0) {
    server_.remove(*this);
    return;
  }
  if ((flags & gone) != 0) {
    client_gone(answered_);
    return;
  }
  // What is blocked waits for on_writable: sent from here, its handler would not hear of the room.
  if ((flags & send) != 0 && phase_ != phase::closed && !outbox_.blocked()) {
    flush();
    if ((flags & go_on) == 0) settle();
  }
  if ((flags & go_on) != 0) {
    if (phase_ == phase::lingering) {
      discard_input();
    } else {
      take_turns();
    }
  }
}

void server_connection::close_if_idle() {
  if (!idle()) return;
  readable_ = true;  // a request may have come in this very batch
  take_turns();
  if (idle() && head_since_ == time_point{}) close(false);
}

void server_connection::wait_for_request_until(time_point at) {
  if (idle() && at < read_until_) read_until(at);
}

}  // namespace weir::http
