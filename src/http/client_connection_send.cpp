#include <algorithm>
#include <array>

#include "client_connection.hpp"
#include "client_pool.hpp"

// The sending half of a connection.
namespace weir::http {
namespace {

// From here on a piece is sent at once instead of being gathered with others of its batch.
constexpr std::size_t worth_a_write = 16 * 1024;

constexpr std::size_t most_kept_capacity = 16 * 1024;  // of the line's buffer, once it is sent

iovec as_iovec(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

void h1_connection::send_later() {
  if (write_broken_) {
    exchange_->drop_unsent();
  } else if (!write_blocked_) {
    if (exchange_->buffered() >= worth_a_write) push();
    flush_due_ = true;
    turn_.schedule();
  }
}

bool h1_connection::write_through(std::string_view before, std::string_view piece,
                                  std::string_view after) {
  if (write_broken_) return true;
  if (write_blocked_ || piece.size() < worth_a_write) return false;
  const std::string_view unsent = exchange_->unsent();
  std::array<std::string_view, 4> parts{unsent, before, piece, after};
  std::array<iovec, 4> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) pieces[i] = as_iovec(parts[i]);
  const io::io_result r = stream_->write(pieces);
  if (r.status == io::io_status::failed) {
    write_failed();
    return true;
  }
  sending_begun_ |= r.bytes != 0;
  std::size_t taken = r.bytes;
  const std::size_t own = std::min(taken, unsent.size());
  exchange_->sent(own);
  taken -= own;
  for (const std::string_view part : {before, piece, after}) {
    const std::size_t skip = std::min(taken, part.size());
    taken -= skip;
    exchange_->out().append(part.substr(skip));
  }
  write_blocked_ = exchange_->buffered() > 0;
  return true;
}

void h1_connection::push() {
  std::array<iovec, 3> pieces;
  std::size_t n = 0;
  std::size_t own = 0;
  for (const std::string_view part : {exchange_->unsent(), exchange_->unsent_body()}) {
    if (part.empty()) continue;
    pieces[n++] = as_iovec(part);
    own += part.size();
  }
  if (!behind_out_.empty()) pieces[n++] = as_iovec(behind_out_);
  if (n == 0) return;
  const io::io_result r = stream_->write({pieces.data(), n});
  if (r.status == io::io_status::failed) {
    write_failed();
    return;
  }
  sending_begun_ |= r.bytes != 0;
  const std::size_t of_own = std::min(own, r.bytes);
  exchange_->sent(of_own);
  behind_out_.erase(0, r.bytes - of_own);
  if (behind_out_.empty() && behind_out_.capacity() > most_kept_capacity)
    std::string().swap(behind_out_);
  write_blocked_ = of_own < own || !behind_out_.empty();
}

// The peer may have answered before it closed: what it sent is read first, and decides.
void h1_connection::write_failed() noexcept {
  write_broken_ = true;
  write_blocked_ = keep_alive_ = false;
  exchange_->drop_unsent();
  behind_out_.clear();
  undrained_ = true;
  turn_.schedule();
}

h1_connection::next h1_connection::push_and_tell() {
  flush_due_ = false;
  sent_off();
  push();
  if (!exchange_->request().streamed || write_blocked_ || write_broken_) return next::go_on;
  h1_exchange& told = *exchange_;
  if (!pool_.tell([&] { told.receiver().on_body_writable(); })) return next::leave;
  return state_ == state::busy ? next::go_on : next::leave;
}

void h1_connection::on_writable() {
  write_blocked_ = false;
  if (state_ == state::busy) push_and_tell();
}

}  // namespace weir::http
