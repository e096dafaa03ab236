// The client's side of a proxied request: its body on the way to the service, its leaving, and its
// slowness.

#include <utility>

#include "weir/gateway/run/proxied.hpp"
#include "weir/gateway/run/shaped_error.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

// What the service may lag behind the client before the client is told to wait.
constexpr std::size_t high_water = 64 * 1024;

// Of a buffer between two requests.
constexpr std::size_t most_kept_capacity = 4 * 1024;

}  // namespace

void proxied::request_body(std::string_view piece) {
  if (ended_) return;
  if (seeking_ && exchange_ && exchange_->connected()) forget_kept();
  if (seeking_) kept_body_.append(piece);
  if (!exchange_) {
    // Nobody to give it to yet; or the service has answered without it.
    if (seeking_ && kept_body_.size() > high_water) request_.exchange->pause_body();
    return;
  }
  touch();
  piece_came_ = worker_.loop().now();
  exchange_->write_body(piece);
  if (exchange_->buffered() > high_water) request_.exchange->pause_body();
}

// To the instance that is asked in the place of one that could not be reached.
void proxied::hand_over_kept() {
  exchange_->write_body(kept_body_);
  if (body_ended_) exchange_->end_body();
}

void proxied::forget_kept() {
  seeking_ = false;
  // A burst of uploads to what cannot be reached leaves nothing behind.
  if (kept_body_.capacity() > most_kept_capacity) std::string().swap(kept_body_);
  kept_body_.clear();
}

void proxied::request_body_end() {
  body_ended_ = true;
  if (!ended_ && exchange_) exchange_->end_body();
}

std::optional<http::error_body> proxied::client_side::body_error(int status,
                                                                 std::string_view detail) {
  return shaped_body_error(owner.request_, status, detail);
}

void proxied::request_body_failed(int status) {
  if (ended_) return;
  drop_attempt(cause::cancelled);
  over(status, status == 499 ? cause::client_gone : cause::bad_request);
}

void proxied::service_takes_more() {
  if (ended_) return;
  forget_kept();
  touch();
  request_.exchange->resume_body();
}

void proxied::on_client_drained() {
  held_ = false;
  if (ended_ || !exchange_) return;
  touch();  // the service's time begins anew
  exchange_->resume();
}

void proxied::on_client_gone() {
  if (ended_) return;
  drop_attempt(cause::cancelled);
  over(499, cause::client_gone);
}

// Because of the client: that says nothing of the service, nor of the instance.
void proxied::drop_attempt(cause why) {
  if (exchange_) {
    std::exchange(exchange_, nullptr)->cancel();
    note_attempt(status_, why, verdict::ignored);
  }
  way_.leave();
  if (settled_) return;
  settled_ = true;
  policies_due_ = time_point::max();
  policies_->cancel(worker_.loop().now());
}

// Whether it is the client we wait for: it has not sent all of its body, and the service has taken
// what there was, or could not yet: what came in this batch of events is written at its end. Or it
// does not take the answer.
bool proxied::client_owes() const noexcept {
  if (held_) return true;
  const bool owes_body = out_.streamed && body_asked_ && !body_ended_ && exchange_ && !started_;
  return owes_body && (exchange_->buffered() == 0 || piece_came_ == worker_.loop().now());
}

// Time ran out, and the service is not to blame.
void proxied::give_up_on_client() {
  drop_attempt(cause::client_slow);
  if (started_) {
    cut(cause::client_slow);
    return;
  }
  request_.exchange->close_after();
  refuse(cause::client_slow, 0, duration::zero());
}

}  // namespace weir::gateway
