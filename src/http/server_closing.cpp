#include <utility>

#include "server_connection.hpp"
#include "server_impl.hpp"

namespace weir::http {
namespace {

constexpr duration longest_linger = std::chrono::seconds(2);
constexpr unsigned reads_in_a_turn = 16;
constexpr int client_closed = 499;  // no status of the protocol: nginx's word for it

}  // namespace

// The answer in the outbox is the last. `linger`: the client may have sent more than was read; a
// close would then answer with a reset, which can overtake the answer and destroy it unread
// (RFC 9112 9.6), so that the write side is shut first and the rest discarded for a while.
void server_connection::begin_closing(bool linger) {
  if (phase_ != phase::open) return;
  phase_ = phase::closing;
  linger_ = linger;
  body_ = body_state::none;
  head_since_ = {};
  read_until(time_point::max());
}

void server_connection::finish_closing() {
  if (!linger_ || ended_) {
    close(false);
    return;
  }
  stream_->shutdown_write();
  phase_ = phase::lingering;
  input_.give_back();
  read_until(saturating_add(server_.loop.now(), longest_linger));
  if (readable_) discard_input();
}

void server_connection::discard_input() {
  auto block = server_.loop.buffers().take();
  for (unsigned reads = 0; reads < reads_in_a_turn; ++reads) {
    const io::io_result got = stream_->read(block.span());
    if (got.status == io::io_status::would_block) {
      readable_ = false;
      return;
    }
    if (got.status != io::io_status::ok) {
      close(false);
      return;
    }
    if (got.drained && !peer_closed_) {
      readable_ = false;
      return;
    }
  }
  schedule(go_on);
}

// All that the client sent has been read, and its end.
void server_connection::input_ended() {
  if (active_) {
    client_gone(answered_);  // in the middle of a body
  } else {
    begin_closing(false);
  }
}

// A client that has shut its side while its request is worked on counts as gone, as with
// nginx: one that waits cannot be told from one that has left. Not while further
// requests of it wait: those it surely wants answered.
void server_connection::check_gone() {
  if (!peer_closed_ || !active_ || phase_ != phase::open) return;
  while (!ended_ && !input_.space().empty()) {
    const io::io_result got = stream_->read(input_.space());
    if (got.status == io::io_status::would_block) return;
    if (got.status == io::io_status::failed) {
      client_gone(answered_);
      return;
    }
    ended_ = got.status == io::io_status::end;
    if (!ended_) input_.add(got.bytes);
  }
  if (ended_ && input_.empty()) client_gone(answered_);
}

// Ends the exchange, if one runs, by telling the handler; never called inside a call of its own.
void server_connection::client_gone(bool abruptly) {
  body_sink* const sink = body_open() && body_ != body_state::unasked ? sink_ : nullptr;
  const delegate<void()> aborted = abort_;
  if (active_ && (sink != nullptr || aborted)) {
    release_handler();
    abort_ = aborted;  // which the sink may still take back
  }
  // With nobody to tell, the object stays until the handler ends the exchange in its own time.
  close(abruptly);
  if (active_) return;
  if (sink != nullptr) sink->on_body_failed(client_closed);
  if (const auto tell = std::exchange(abort_, {})) tell();
  settle();
}

void server_connection::on_abort(delegate<void()> aborted) {
  abort_ = aborted;
  if (active_ && aborted && phase_ == phase::closed) schedule(gone);
}

void server_connection::cut_off() {
  if (phase_ != phase::closed) client_gone(true);
}

void server_connection::close(bool abruptly) {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  if (abruptly) stream_->reset();
  stream_.reset();
  outbox_.clear();
  timer_.disarm();
  read_until_ = write_until_ = time_point::max();
  if (!active_) schedule(destroy);
}

}  // namespace weir::http
