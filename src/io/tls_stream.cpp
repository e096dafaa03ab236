#include "tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "weir/io/buffer_pool.hpp"

namespace weir::io {

// The glue by which OpenSSL calls a stream.
struct stream_bio {
  static tls_stream& target(BIO* bio) { return *static_cast<tls_stream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int length) {
    BIO_clear_retry_flags(bio);
    const int n = target(bio).bio_read(into, length);
    if (n < 0) BIO_set_retry_read(bio);
    return std::max(n, 0);
  }
  static int write(BIO* bio, const char* from, int length) {
    BIO_clear_retry_flags(bio);
    return target(bio).bio_write(from, length);
  }
  static long control(BIO* bio, int what, long, void*) {
    switch (what) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_EOF:
        return target(bio).under_ended_ ? 1 : 0;
      default:
        return 0;
    }
  }

  static BIO* make(tls_stream& over) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir stream");
      BIO_meth_set_read(made, &stream_bio::read);
      BIO_meth_set_write(made, &stream_bio::write);
      BIO_meth_set_ctrl(made, &stream_bio::control);
      return made;
    }();
    BIO* const bio = BIO_new(method);
    BIO_set_data(bio, &over);
    BIO_set_init(bio, 1);
    return bio;
  }
};

tls_stream::tls_stream(loop& on, std::unique_ptr<stream> over, ssl_ptr ssl,
                       std::shared_ptr<void> context, std::unique_ptr<std::string> name)
    : context_(std::move(context)),
      name_(std::move(name)),
      under_(std::move(over)),
      ssl_(std::move(ssl)),
      events_(on) {
  BIO* const bio = stream_bio::make(*this);
  SSL_set_bio(ssl_.get(), bio, bio);
  under_->set_handler(this);
}

tls_stream::~tls_stream() {
  // OpenSSL takes a connection freed without a goodbye for a broken one, whose session must not be
  // resumed; ours end as HTTP says they do.
  if (ready_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// Bytes; 0 at the end or on an error; -1 when there is nothing yet.
int tls_stream::bio_read(char* into, int length) {
  if (under_ended_) return 0;
  if (under_empty_) return -1;
  const io_result r = under_->read({into, static_cast<std::size_t>(length)});
  switch (r.status) {
    case io_status::ok:
      under_empty_ = r.drained;
      return static_cast<int>(r.bytes);
    case io_status::would_block:
      under_empty_ = true;
      return -1;
    case io_status::failed:
      error_ = r.error;
      [[fallthrough]];
    case io_status::end:
      under_ended_ = true;
      return 0;
  }
  return 0;
}

// Takes everything: what the stream beneath refuses is kept. A failure is for write() to report, so
// that OpenSSL goes on reading: an early answer may be waiting behind a broken upload.
int tls_stream::bio_write(const char* from, int length) {
  unsent_.append(from, static_cast<std::size_t>(length));
  flush();
  return length;
}

bool tls_stream::flush() {
  if (sent_ < unsent_.size()) {
    const iovec left{unsent_.data() + sent_, unsent_.size() - sent_};
    const io_result r = under_->write({&left, 1});
    if (r.status == io_status::failed) write_error_ = r.error;
    sent_ += r.bytes;
  }
  if (write_error_ != 0) unsent_.clear();
  if (sent_ < unsent_.size()) return false;
  unsent_.clear();
  sent_ = 0;
  return true;
}

tls_stream::progress tls_stream::shake_hands() {
  if (ready_) return progress::done;
  if (!detail_.empty()) return progress::failed;  // asked again, OpenSSL no longer says why
  ERR_clear_error();
  const int r = SSL_do_handshake(ssl_.get());
  if (r == 1) {
    ready_ = true;
    return progress::done;
  }
  switch (SSL_get_error(ssl_.get(), r)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return progress::waiting;
    default:
      break;
  }
  const long verdict = SSL_get_verify_result(ssl_.get());
  if (verdict != X509_V_OK) {
    detail_ = X509_verify_cert_error_string(verdict);
    ERR_clear_error();
  } else if (under_ended_) {
    detail_ = error_ == 0 ? "the connection was closed during the TLS handshake"
                          : std::string("during the TLS handshake: ") + strerrordesc_np(error_);
    ERR_clear_error();
  } else {
    detail_ = openssl_error();
  }
  if (error_ == 0) error_ = EPROTO;
  return progress::failed;
}

io_result tls_stream::failed(int error) {
  return {.status = io_status::failed, .error = error != 0 ? error : ECONNRESET};
}

io_result tls_stream::read(std::span<char> into) {
  switch (shake_hands()) {
    case progress::waiting:
      return {.status = io_status::would_block, .drained = true};
    case progress::failed:
      return failed(error_);
    case progress::done:
      break;
  }
  std::size_t taken = 0;
  while (taken < into.size()) {
    ERR_clear_error();
    std::size_t n = 0;
    if (SSL_read_ex(ssl_.get(), into.data() + taken, into.size() - taken, &n) == 1) {
      taken += n;
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), 0);
    if (taken > 0)
      return {.status = io_status::ok, .bytes = taken, .drained = why == SSL_ERROR_WANT_READ};
    if (why == SSL_ERROR_WANT_READ) return {.status = io_status::would_block, .drained = true};
    if (why == SSL_ERROR_ZERO_RETURN) return {.status = io_status::end};
    // An end that TLS did not announce may have been forged: no end, but a failure.
    ERR_clear_error();
    return failed(error_);
  }
  return {.status = io_status::ok, .bytes = taken};
}

io_result tls_stream::write(std::span<const iovec> pieces) {
  switch (shake_hands()) {
    case progress::waiting:
      wants_write_ = true;
      return {.status = io_status::would_block};
    case progress::failed:
      return failed(error_);
    case progress::done:
      break;
  }
  if (!flush()) {
    wants_write_ = true;
    return {.status = io_status::would_block};
  }
  // One record, and so one segment where it fits, for pieces that are small together.
  constexpr std::size_t record = SSL3_RT_MAX_PLAIN_LENGTH;
  const buffer_pool::block scratch = events_.owner().buffers().take();
  std::size_t accepted = 0;
  std::size_t piece = 0;
  std::size_t offset = 0;
  while (unsent_.empty() && write_error_ == 0) {
    std::size_t filled = 0;
    while (piece < pieces.size() && filled < record) {
      const iovec& from = pieces[piece];
      const std::size_t n = std::min(from.iov_len - offset, record - filled);
      if (n > 0)
        std::memcpy(scratch.data() + filled, static_cast<const char*>(from.iov_base) + offset, n);
      filled += n;
      offset += n;
      if (offset == from.iov_len) {
        ++piece;
        offset = 0;
      }
    }
    if (filled == 0) return {.status = io_status::ok, .bytes = accepted};
    ERR_clear_error();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), scratch.data(), filled, &written) != 1) {
      ERR_clear_error();
      return failed(EPROTO);
    }
    accepted += filled;
  }
  if (write_error_ != 0) return failed(write_error_);
  wants_write_ = piece < pieces.size();
  return {.status = io_status::ok, .bytes = accepted};
}

void tls_stream::shutdown_write() {
  if (ready_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  closing_write_ = true;
  close_write_if_due();
}

void tls_stream::close_write_if_due() {
  if (closing_write_ && flush()) under_->shutdown_write();
}

void tls_stream::on_readable() {
  under_empty_ = false;
  const bool was_ready = ready_;
  if (!ready_) shake_hands();
  // The end of the handshake lets a writer go on that has found no room.
  const bool writable = !was_ready && ready_ && wants_write_;
  if (writable) wants_write_ = false;
  events_.deliver({.readable = true, .writable = writable});
}

void tls_stream::on_writable() {
  if (!flush()) return;
  close_write_if_due();
  if (!ready_) shake_hands();
  if (wants_write_ && ready_) {
    wants_write_ = false;
    events_.deliver({.writable = true});
  }
}

void tls_stream::on_peer_closed() {
  under_empty_ = false;
  events_.deliver({.peer_closed = true});
}

std::unique_ptr<stream> make_tls_client_stream(loop& on, std::unique_ptr<stream> over,
                                               std::shared_ptr<tls_client_context> context,
                                               const std::string& server_name) {
  auto name = std::make_unique<std::string>(server_name);
  auto& openssl = static_cast<openssl_client_context&>(*context);
  ssl_ptr ssl = openssl.connect(*name);
  if (!ssl) return nullptr;
  return std::make_unique<tls_stream>(on, std::move(over), std::move(ssl), std::move(context),
                                      std::move(name));
}

std::unique_ptr<stream> make_tls_server_stream(loop& on, std::unique_ptr<stream> over,
                                               std::shared_ptr<tls_server_context> context) {
  ssl_ptr ssl = static_cast<openssl_server_context&>(*context).accept();
  if (!ssl) return nullptr;
  SSL_set_accept_state(ssl.get());
  return std::make_unique<tls_stream>(on, std::move(over), std::move(ssl), std::move(context),
                                      nullptr);
}

}  // namespace weir::io
