#include "client_connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "client_pool.hpp"
#include "weir/base/prefetch.hpp"

namespace weir::http {
namespace {

// One turn reads no more than this many blocks, so that an endless answer starves nobody.
constexpr int reads_in_a_turn = 4;

}  // namespace

h1_connection::h1_connection(h1_pool& pool)
    : pool_(pool),
      parser_({.head_bytes = std::min(pool.limits().head_bytes, io::buffer_pool::block_bytes),
               .fields = pool.limits().head_fields}),
      turn_(pool.loop(), delegate<void()>::to<&h1_connection::on_turn>(*this)) {}

h1_connection::~h1_connection() {
  delete exchange_;
  while (h1_exchange* const one = behind_.pop_front()) delete one;
}

void h1_connection::open(const io::connector::target& instance, time_point until) {
  connector_ =
      std::make_unique<io::connector>(pool_.loop(), static_cast<io::connector::receiver&>(*this));
  connector_->start(instance, until);
}

void h1_connection::on_connected(std::unique_ptr<io::stream> connected) {
  connector_.reset();
  stream_ = std::move(connected);
  stream_->set_handler(this);
  pool_.connected(*this);
}

void h1_connection::on_connect_failed(const io::connect_failure& why) {
  pool_.connect_failed(*this, why);
}

void h1_connection::close() noexcept {
  switch (std::exchange(state_, state::closed)) {
    case state::closed:
      return;
    case state::connecting:
      pool_.left_connecting();
      break;
    case state::idle:
      pool_.left_idle(*this);
      break;
    case state::busy:
      break;
  }
  connector_.reset();
  stream_.reset();
  block_ = {};
  turn_.cancel();
  sent_off();
  send_line_elsewhere();
  pool_.closed(*this);
}

void h1_connection::rest(time_point now) noexcept {
  if (state_ == state::connecting) pool_.left_connecting();
  state_ = state::idle;
  idle_since_ = now;
  reused_ = true;
}

void h1_connection::run(h1_exchange& exchange) {
  if (state_ == state::connecting) pool_.left_connecting();
  state_ = state::busy;
  exchange_ = &exchange;
  keep_alive_ = true;
  behind_another_ = false;
  flush_due_ = false;
  sending_begun_ = false;
  begin_answer();
  exchange.run_on(*this);
  if (pool_.shares(exchange))
    gather();
  else
    send_later();
}

void h1_connection::begin_answer() noexcept {
  head_done_ = false;
  answer_begun_ = begin_ != end_;
  awaited_since_ = pool_.loop().now();
  interim_ = 0;
}

void h1_connection::on_readable() {
  undrained_ = true;
  if (state_ == state::idle)
    read_when_idle();
  else if (state_ == state::busy && !exchange_->paused())
    read_some();
}

void h1_connection::on_peer_closed() {
  on_readable();
}

void h1_connection::foresee(unsigned step) const noexcept {
  if (!exchange_) return;
  if (step == 0)
    prefetch(*exchange_);
  else if (step == 1)
    prefetch(exchange_->request().touches);
}

void h1_connection::on_turn() {
  if (state_ == state::idle && undrained_) read_when_idle();
  if (state_ != state::busy) return;
  if (flush_due_ && !write_blocked_ && push_and_tell() == next::leave) return;
  if (exchange_->paused()) return;
  if ((head_done_ || begin_ < end_) && process() == next::leave) return;
  if (undrained_)
    read_some();
  else
    release_block_if_empty();
}

// Nothing is due on an idle connection but the end and, under TLS, what is no data.
void h1_connection::read_when_idle() {
  undrained_ = false;
  const io::buffer_pool::block block = pool_.loop().buffers().take();
  if (stream_->read(block.span()).status != io::io_status::would_block) close();
}

void h1_connection::read_some() {
  for (int i = 0; i < reads_in_a_turn; ++i) {
    if (!make_room()) {
      fail(client_error::too_large, "the head does not fit the buffer");
      return;
    }
    const io::io_result r = stream_->read(block_.span().subspan(end_));
    switch (r.status) {
      case io::io_status::ok:
        undrained_ = !r.drained;
        answer_begun_ = true;
        end_ += r.bytes;
        if (process() == next::leave) return;
        break;
      case io::io_status::would_block:
        undrained_ = false;
        break;
      case io::io_status::end:
        lost(true);
        return;
      case io::io_status::failed:
        lost(false);
        return;
    }
    if (!undrained_) {
      if (write_broken_)
        lost(false);
      else
        release_block_if_empty();
      return;
    }
  }
  release_block_if_empty();
  turn_.schedule();
}

bool h1_connection::make_room() {
  if (!block_) block_ = pool_.loop().buffers().take();
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == io::buffer_pool::block_bytes && begin_ > 0) {
    std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return end_ < io::buffer_pool::block_bytes;
}

void h1_connection::release_block_if_empty() noexcept {
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  block_ = {};
}

// A head that comes whole, as nearly all do, is parsed into the pool's room; one that does not is
// begun anew in a room of its own, where it stays between reads.
std::span<field> h1_connection::room() noexcept {
  if (own_room_) return {own_room_.get(), pool_.limits().head_fields};
  return pool_.shared_room();
}

h1_connection::next h1_connection::process() {
  for (;;) {
    if (head_done_ && decoder_.done() && finish() == next::leave) return next::leave;
    if (begin_ == end_) return next::go_on;
    if (!head_done_) {
      const parse_result r =
          parser_.parse(unread(), room(), head_, exchange_->request().verb == method::head);
      if (r.state == parse_result::outcome::error)
        return r.status == 431 ? fail(client_error::too_large, r.detail) : misread(r.detail);
      if (r.state == parse_result::outcome::need_more) {
        if (!own_room_) {
          parser_.reset();
          own_room_ = std::make_unique<field[]>(pool_.limits().head_fields);
        }
        return next::go_on;
      }
      parser_.reset();
      begin_ += r.consumed;
      if (take_head() == next::leave) return next::leave;
      own_room_.reset();
    } else {
      const body_decoder::step step = decoder_.decode(unread());
      begin_ += step.consumed;
      if (step.state == body_decoder::outcome::error)
        return fail(client_error::malformed, step.detail);
      if (step.state == body_decoder::outcome::data && take_body(step.data) == next::leave)
        return next::leave;
    }
  }
}

h1_connection::next h1_connection::take_head() {
  if (head_.status == 101)
    return fail(client_error::malformed, "a switch of protocols that nobody asked for");
  if (head_.status < 200) {
    if (++interim_ <= pool_.limits().interim_responses) return next::go_on;
    return fail(client_error::malformed, "too many interim responses");
  }
  head_done_ = true;
  keep_alive_ = keep_alive_ && head_.keep_alive;
  decoder_ = body_decoder::of(head_);
  h1_exchange& told = *exchange_;
  if (!pool_.tell([&] { told.receiver().on_head(head_); })) return next::leave;
  return state_ == state::busy && !told.paused() ? next::go_on : next::leave;
}

h1_connection::next h1_connection::take_body(std::string_view piece) {
  h1_exchange& told = *exchange_;
  if (!pool_.tell([&] { told.receiver().on_body(piece); })) return next::leave;
  return state_ == state::busy && !told.paused() ? next::go_on : next::leave;
}

// Bytes behind the answer are nobody's: they and the connection are dropped.
h1_connection::next h1_connection::finish() {
  h1_exchange& ended = *std::exchange(exchange_, nullptr);
  if (behind_count_ != 0) {
    if (keep_alive_ && ended.all_sent()) return next_in_line(ended);
    pool_.line_broke();
  }
  const bool reusable = keep_alive_ && ended.all_sent() && begin_ == end_ &&
                        !stream_->peer_closed() && nothing_behind();
  reused_ = true;
  begin_ = end_ = 0;
  block_ = {};
  if (reusable) {
    pool_.released(*this);
  } else {
    close();
  }
  pool_.tell_end(ended, [&] { ended.receiver().on_end(); });
  return next::leave;
}

// An answer that ended where the buffer did may have more behind it, which the next exchange would
// take for its own.
bool h1_connection::nothing_behind() {
  if (!undrained_) return true;
  undrained_ = false;
  if (!block_) block_ = pool_.loop().buffers().take();
  return stream_->read(block_.span()).status == io::io_status::would_block;
}

// What is no answer may be the rest of the one before it, a body where none may be: asked for
// alone, the service shows whose fault it is.
h1_connection::next h1_connection::misread(std::string_view detail) {
  if (behind_another_ && exchange_->may_resend()) return ask_again();
  return fail(client_error::malformed, detail);
}

h1_connection::next h1_connection::lost(bool orderly) {
  if (!head_done_) {
    if (answer_begun_) return fail(client_error::reset, "the connection ended within the head");
    // Of several at once the service may have wanted none: that says nothing of the first.
    const bool says_nothing = reused_ || behind_count_ != 0;
    if (says_nothing && exchange_->may_resend(sending_begun_)) return ask_again();
    return fail(reused_ ? client_error::stale : client_error::reset,
                "the connection ended before the answer");
  }
  if (orderly && decoder_.end_of_input()) {
    keep_alive_ = false;
    return finish();
  }
  return fail(client_error::truncated, "the connection ended within the body");
}

h1_connection::next h1_connection::ask_again() {
  h1_exchange& again = *std::exchange(exchange_, nullptr);
  if (behind_count_ != 0) pool_.line_broke();
  close();
  pool_.resend(again);
  return next::leave;
}

h1_connection::next h1_connection::fail(client_error why, std::string_view detail) {
  h1_exchange& ended = *std::exchange(exchange_, nullptr);
  if (behind_count_ != 0) pool_.line_broke();
  close();
  pool_.tell_end(ended, [&] { ended.receiver().on_failed(why, detail); });
  return next::leave;
}

}  // namespace weir::http
