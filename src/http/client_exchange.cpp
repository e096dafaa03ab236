#include "client_exchange.hpp"

#include <algorithm>

#include "client_connection.hpp"
#include "client_pool.hpp"
#include "client_request.hpp"
#include "weir/http/chunk.hpp"

namespace weir::http {
namespace {

constexpr std::size_t most_kept_capacity = 16 * 1024;  // of a recycled exchange's buffer

}  // namespace

h1_exchange::h1_exchange(h1_pool& pool)
    : pool_(pool), late_(pool.loop(), delegate<void()>::to<&h1_exchange::on_late>(*this)) {}

void h1_exchange::begin(const client_request& request, client_receiver& receiver) {
  request_ = request;
  receiver_ = &receiver;
  connection_ = nullptr;
  paused_ = resent_ = body_ended_ = false;
  length_left_ = request.streamed_length.value_or(0);
  connect_until_ = request.connect_until;
  connect_allowance_ =
      connect_until_ == time_point::max() ? duration::max() : connect_until_ - pool_.loop().now();
}

void h1_exchange::recycle() noexcept {
  stage_ = stage::spare;
  unlink();
  late_.disarm();
  drop_unsent();
  if (out_.capacity() > most_kept_capacity) std::string().swap(out_);
}

bool h1_exchange::may_resend(bool begun) const noexcept {
  return (request_.resend_on_stale || !begun) && !request_.streamed && !resent_;
}

// Reads alone; and never twice: what had to be sent again gets a connection to itself.
bool h1_exchange::may_share() const noexcept {
  const bool reads = request_.verb == method::get || request_.verb == method::head;
  return request_.may_share && reads && may_resend() && request_.body.empty() &&
         !request_.send_length;
}

void h1_exchange::prepare_resend() {
  resent_ = true;
  connection_ = nullptr;
  drop_unsent();
  connect_until_ = saturating_add(pool_.loop().now(), connect_allowance_);
}

void h1_exchange::wait_until_connected() {
  stage_ = stage::waiting;
  late_.arm(connect_until_);
}

void h1_exchange::on_late() {
  pool_.waited_in_vain(*this);
}

void h1_exchange::run_on(h1_connection& connection) {
  stage_ = stage::running;
  connection_ = &connection;
  late_.disarm();
  if (out_.empty()) {
    append_request_head(out_, request_);
  } else {  // pieces were handed over while it waited
    std::string head;
    append_request_head(head, request_);
    out_.insert(0, head);
  }
  if (!request_.streamed) body_ = request_.body;
}

void h1_exchange::run_behind(h1_connection& connection, std::string& out) {
  stage_ = stage::running;
  connection_ = &connection;
  late_.disarm();
  append_request_head(out, request_);
}

void h1_exchange::sent(std::size_t bytes) noexcept {
  const std::size_t own = std::min(bytes, out_.size() - out_sent_);
  out_sent_ += own;
  body_.remove_prefix(bytes - own);
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
  } else if (out_sent_ > most_kept_capacity && out_sent_ > out_.size() / 2) {
    out_.erase(0, out_sent_);
    out_sent_ = 0;
  }
}

void h1_exchange::drop_unsent() noexcept {
  out_.clear();
  out_sent_ = 0;
  body_ = {};
}

void h1_exchange::cancel() noexcept {
  switch (stage_) {
    case stage::waiting:
      pool_.cancel_waiting(*this);
      break;
    case stage::failing:
      pool_.recycle(*this);
      break;
    case stage::running:
      connection_->cancel_exchange(*this);
      break;
    case stage::spare:
    case stage::ended:
      break;
  }
}

void h1_exchange::resume() {
  if (!paused_) return;
  paused_ = false;
  if (stage_ == stage::running) connection_->go_on_later();
}

void h1_exchange::let_others_go() noexcept {
  if (stage_ == stage::running) connection_->disperse(*this);
}

void h1_exchange::write_body(std::string_view piece) {
  if (request_.streamed_length) {
    // More than was announced would be taken for the next request.
    piece = piece.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), length_left_)));
    length_left_ -= piece.size();
  }
  if (piece.empty() || body_ended_ || stage_ == stage::ended) return;
  if (request_.streamed_length) {
    if (stage_ == stage::running && connection_->write_through({}, piece, {})) return;
    out_.append(piece);
  } else {
    const chunk_head head(piece.size());
    if (stage_ == stage::running && connection_->write_through(head.text(), piece, chunk_end))
      return;
    out_.append(head.text()).append(piece).append(chunk_end);
  }
  if (stage_ == stage::running) connection_->send_later();
}

void h1_exchange::end_body() {
  if (body_ended_ || stage_ == stage::ended) return;
  body_ended_ = true;
  if (!request_.streamed_length) out_.append(last_chunk);
  if (stage_ == stage::running) connection_->send_later();
}

}  // namespace weir::http
