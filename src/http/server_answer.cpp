#include <array>
#include <cassert>

#include "answer_head.hpp"
#include "server_connection.hpp"
#include "server_impl.hpp"
#include "weir/http/chunk.hpp"

namespace weir::http {
namespace {

// Below this, copying a piece to send it together with the next is cheaper than a system call of
// its own.
constexpr std::size_t worth_a_write = 16 * 1024;
// Below this, copying the body behind the head is cheaper than having the kernel gather the two.
constexpr std::size_t worth_gathering = 4 * 1024;
// Answers to pipelined requests are gathered up to this.
constexpr std::size_t most_gathered = 32 * 1024;

bool has_no_body(int status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

// Whether the connection can go on behind this answer: the rest of the request's body must be
// small, and certain to come.
bool server_connection::may_keep() const noexcept {
  if (!keep_ || server_.going_away) return false;
  const bool unasked = body_ == body_state::unasked;
  if (!body_open() || (!unasked && decoder_.done())) return true;
  if (continue_due_) return false;
  if (streaming_ && !unasked) return true;  // read while the answer goes out; finish() asks again
  const std::uint64_t received = unasked ? 0 : decoder_.received();
  return head_.content_length.value_or(0) <= received + most_discarded;
}

// Into the server's scratch: to be sent or copied before anything else is composed.
std::string_view server_connection::compose_head(int status, std::string_view header_lines,
                                                 bool chunked,
                                                 std::optional<std::uint64_t> length) {
  using frame = answer_head::frame;
  using connection = answer_head::connection;
  const bool framed = !has_no_body(status);
  server_.scratch.clear();
  write_head({.status = status,
              .header_lines = header_lines,
              .framing = !framed   ? frame::none
                         : chunked ? frame::chunked
                         : length  ? frame::length
                                   : frame::none,
              .length = length.value_or(0),
              .persistence = !keep_                     ? connection::close
                             : head_.minor_version == 0 ? connection::keep_alive
                                                        : connection::unsaid,
              .date_line = server_.date.at(server_.loop.unix_seconds()),
              .server_name = server_.with.server_name},
             server_.scratch);
  answered_ = true;
  bytes_sent_ += server_.scratch.size();
  return server_.scratch;
}

void server_connection::respond(int status, std::string_view header_lines, std::string_view body) {
  if (!active_) return;
  assert(!answered_);
  release_handler();
  keep_ = may_keep();
  if (phase_ == phase::open) {
    const std::string_view head = compose_head(status, header_lines, false, body.size());
    if (head_.verb == method::head || has_no_body(status)) body = {};
    bytes_sent_ += body.size();
    if (in_turns_ ? !input_.empty() && outbox_.size() + head.size() + body.size() < most_gathered
                  : body.size() < worth_gathering) {
      outbox_.append(head);
      outbox_.append(body);
      send_later();
    } else if (body.size() < worth_gathering) {
      server_.scratch += body;
      const std::string_view whole[] = {server_.scratch};
      send_pieces(whole);
    } else {
      const std::string_view pieces[] = {head, body};
      send_pieces(pieces);
    }
  }
  after_exchange(keep_);
}

void server_connection::start(int status, std::string_view header_lines,
                              std::optional<std::uint64_t> length) {
  if (!active_ || phase_ != phase::open) return;
  assert(!answered_);
  streaming_ = true;
  bodiless_ = head_.verb == method::head || has_no_body(status);
  has_length_ = length.has_value();
  length_left_ = length.value_or(0);
  chunked_ = !has_length_ && head_.minor_version >= 1;
  // To HTTP/1.0 the end of a body of unknown length is the end of the connection.
  keep_ = may_keep() && (has_length_ || chunked_ || bodiless_);
  outbox_.append(compose_head(status, header_lines, chunked_, length));
  send_later();
}

void server_connection::write(std::string_view piece) {
  if (!active_ || !streaming_ || bodiless_ || piece.empty() || phase_ != phase::open) return;
  if (has_length_) {
    if (piece.size() > length_left_) {
      schedule(gone);  // more than was announced: no honest way on
      return;
    }
    length_left_ -= piece.size();
  }
  const chunk_head size(piece.size());
  const std::array<std::string_view, 3> pieces =
      chunked_ ? std::array{size.text(), piece, chunk_end}
               : std::array{piece, std::string_view(), std::string_view()};
  for (const auto part : pieces) bytes_sent_ += part.size();
  const bool last = has_length_ && length_left_ == 0;
  const std::size_t worth = last ? worth_gathering : worth_a_write;
  if (!outbox_.blocked() && outbox_.size() + piece.size() >= worth) {
    send_pieces(pieces);
    return;
  }
  for (const auto part : pieces) outbox_.append(part);
  send_later();
}

void server_connection::finish() {
  if (!active_) return;
  if (phase_ == phase::open && !bodiless_ && has_length_ && length_left_ != 0) {
    abort();
    return;
  }
  streaming_ = false;
  const bool keep = may_keep();
  release_handler();
  if (phase_ == phase::open) {
    if (chunked_ && !bodiless_) {
      outbox_.append(last_chunk);
      bytes_sent_ += last_chunk.size();
    }
    send_later();
  }
  after_exchange(keep);
}

void server_connection::abort() {
  if (!active_) return;
  release_handler();
  close(true);
  settle();
}

void server_connection::send_pieces(std::span<const std::string_view> pieces) {
  if (outbox_.blocked()) {
    for (const auto piece : pieces) outbox_.append(piece);
    return;
  }
  sent(outbox_.send(*stream_, pieces));
}

// What one batch answers goes out at its end, in a row. Within turns, behind the last of them.
void server_connection::send_later() {
  if (!in_turns_ && !outbox_.blocked() && outbox_.size() != 0) schedule(send);
}

void server_connection::flush() {
  if (phase_ != phase::closed && outbox_.size() != 0) sent(outbox_.flush(*stream_));
}

void server_connection::sent(outbox::outcome how) {
  switch (how) {
    case outbox::outcome::sent:
      write_until(time_point::max());
      break;
    case outbox::outcome::blocked:
      write_until(saturating_add(server_.loop.now(), server_.with.limits.write_timeout));
      // Until the client takes it nothing more of its body is read, however soon that came.
      if (rate_.running()) {
        rate_.stop(server_.loop.now());
        read_until(time_point::max());
      }
      break;
    case outbox::outcome::failed:
      // The handler is in the middle of a call: it hears of it at the end of the batch.
      if (active_) {
        outbox_.clear();
        schedule(gone);
      } else {
        close(true);
      }
      break;
  }
}

// A request that no handler sees.
void server_connection::reject(int status, std::string_view detail) {
  const error_body error = server_.render(status, detail);
  if (server_.with.observer != nullptr) {
    server_.with.observer->on_rejected(error.status, detail, peer_);
  }
  send_error(error);
}

// An answer of the server's own; the connection ends with it.
void server_connection::send_error(const error_body& error) {
  std::string header_lines = "Content-Type: " + error.content_type + "\r\n";
  if (error.status == 405) header_lines.append("Allow: ").append(known_methods).append("\r\n");
  keep_ = false;
  outbox_.append(compose_head(error.status, header_lines, false, error.body.size()));
  if (head_.verb != method::head) outbox_.append(error.body);
  begin_closing(true);
}

}  // namespace weir::http
