#include <utility>

#include "server_connection.hpp"
#include "server_impl.hpp"

namespace weir::http {
namespace {

// One connection's turn: a fast sender must not hold the loop.
constexpr unsigned reads_in_a_turn = 16;

}  // namespace

void server_connection::read_body(body_sink& into, std::uint64_t limit) {
  if (!active_) return;
  sink_ = &into;
  if (body_ == body_state::none || body_ == body_state::unasked) {
    const server_limits& limits = server_.with.limits;
    // Asked again behind its end, a body is empty: what follows belongs to the next request.
    decoder_ = body_ == body_state::unasked ? body_decoder::of(head_, {.body_bytes = limit})
                                            : body_decoder();
    rate_ = body_rate(limits.body_timeout, limits.body_least_rate);
    body_ = body_state::wanted;
    if (phase_ == phase::open) ask_for_continue(limit);
  }
  // The sink is not called before this returns. A client that has left already is told as a failed
  // body.
  if (phase_ != phase::open) {
    schedule(gone);
  } else if (!in_turns_) {
    schedule(go_on);
  }
}

void server_connection::ask_for_continue(std::uint64_t limit) {
  // A body over the limit is not asked for: the 413 is due without a 100 before it.
  if (!continue_due_ || head_.content_length.value_or(0) > limit) return;
  continue_due_ = false;
  if (answered_ || !input_.empty()) return;
  constexpr std::string_view text[] = {"HTTP/1.1 100 Continue\r\n\r\n"};
  send_pieces(text);
}

void server_connection::pause_body() {
  if (body_ != body_state::wanted || !active_) return;
  body_ = body_state::paused;
  rate_.stop(server_.loop.now());
  read_until(time_point::max());
}

void server_connection::resume_body() {
  if (body_ != body_state::paused || !active_) return;
  body_ = body_state::wanted;
  if (!in_turns_) schedule(go_on);
}

void server_connection::wait_for_body() noexcept {
  if (outbox_.blocked()) return;
  rate_.run(server_.loop.now());
  read_until(rate_.deadline(decoder_.received()));
}

// Gives the sink what has come, for as long as it wants more.
void server_connection::pump_body() {
  unsigned reads = 0;
  while (active_ && body_ == body_state::wanted && phase_ == phase::open) {
    const auto step = decoder_.decode(input_.unread());
    input_.consume(step.consumed);
    switch (step.state) {
      case body_decoder::outcome::data:
        sink_->on_body(step.data);
        break;
      case body_decoder::outcome::done:
        body_ = body_state::none;
        read_until(time_point::max());
        sink_->on_body_end();
        return;
      case body_decoder::outcome::error:
        body_failed(step.status, step.detail);
        return;
      case body_decoder::outcome::need_more:
        if (reads++ == reads_in_a_turn) {
          schedule(go_on);
          return;
        }
        if (!fill()) {
          if (active_ && phase_ == phase::open) wait_for_body();
          return;
        }
        break;
    }
  }
}

// The exchange ends here: by the answer that is due, or by a reset where another has begun.
void server_connection::body_failed(int status, std::string_view detail) {
  body_sink* const sink = sink_;
  const delegate<void()> aborted = abort_;
  release_handler();
  abort_ = aborted;  // which the sink may still take back
  body_ = body_state::none;
  if (answered_) {
    close(true);
  } else {
    auto error = sink != nullptr ? sink->body_error(status, detail) : std::nullopt;
    if (!error) error = server_.render(status, detail);
    if (error->status != 0) status = error->status;
    error->status = status;
    send_error(*error);
  }
  if (sink != nullptr) sink->on_body_failed(status);
  if (const auto tell = std::exchange(abort_, {})) tell();
  settle();
}

void server_connection::begin_discarding() {
  if (body_ == body_state::unasked) {
    decoder_ = body_decoder::of(head_, {.body_bytes = most_discarded});
    const server_limits& limits = server_.with.limits;
    rate_ = body_rate(limits.body_timeout, limits.body_least_rate);
  }
  body_ = body_state::discarded;
  discarded_ = 0;
}

void server_connection::discard_body() {
  while (body_ == body_state::discarded && phase_ == phase::open) {
    const auto step = decoder_.decode(input_.unread());
    input_.consume(step.consumed);
    switch (step.state) {
      case body_decoder::outcome::data:
        discarded_ += step.data.size();
        if (discarded_ > most_discarded) begin_closing(true);
        break;
      case body_decoder::outcome::done:
        body_ = body_state::none;
        read_until(time_point::max());
        input_.release();
        break;
      case body_decoder::outcome::error:
        begin_closing(true);
        break;
      case body_decoder::outcome::need_more:
        if (!fill()) {
          if (phase_ == phase::open) wait_for_body();
          return;
        }
        break;
    }
  }
}

}  // namespace weir::http
