#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stream_events.hpp"
#include "tls_context.hpp"
#include "weir/io/stream.hpp"

namespace weir::io {

// TLS over another stream. OpenSSL reads and writes through a BIO of ours: reads go straight to the
// stream beneath, except that one known to be empty is not asked again; what it does not take of a
// write is kept here (a record and a handshake flight at most), so that OpenSSL itself never has a
// half-written record to be called again for.
class tls_stream final : public stream, private stream_handler {
 public:
  tls_stream(loop& on, std::unique_ptr<stream> over, ssl_ptr ssl, std::shared_ptr<void> context,
             std::unique_ptr<std::string> name);
  ~tls_stream() override;

  enum class progress : unsigned char { done, waiting, failed };
  progress shake_hands();
  // Takes the handler of the handshake away. Bytes that came behind the handshake may lie in
  // OpenSSL's buffer already, of which no edge would tell the next.
  void handshake_done() noexcept {
    events_.set_handler(nullptr);
    events_.keep({.readable = true});
  }
  // Why the handshake failed, in words: "certificate has expired".
  const std::string& failure_detail() const noexcept { return detail_; }

  void set_handler(stream_handler* handler) override { events_.set_handler(handler); }
  io_result read(std::span<char> into) override;
  io_result write(std::span<const iovec> pieces) override;
  void shutdown_write() override;
  void reset() override { under_->reset(); }
  bool peer_closed() const noexcept override { return under_->peer_closed(); }
  int fd() const noexcept override { return under_->fd(); }
  std::string peer_address() const override { return under_->peer_address(); }

 private:
  friend struct stream_bio;

  void on_readable() override;
  void on_writable() override;
  void on_peer_closed() override;
  void foresee(unsigned step) const noexcept override { events_.foresee(step); }

  int bio_read(char* into, int length);
  int bio_write(const char* from, int length);
  bool flush();  // false: some is left, and on_writable will come
  void close_write_if_due();
  static io_result failed(int error);

  // The session callback reads the name, and SSL_free may not outlive context or BIO's target.
  std::shared_ptr<void> context_;
  std::unique_ptr<std::string> name_;
  std::unique_ptr<stream> under_;
  ssl_ptr ssl_;
  std::string unsent_;  // ciphertext
  std::size_t sent_ = 0;
  std::string detail_;
  int error_ = 0;  // of reading
  int write_error_ = 0;
  bool under_empty_ = false;
  bool under_ended_ = false;
  bool ready_ = false;
  bool wants_write_ = false;
  bool closing_write_ = false;
  stream_events events_;
};

}  // namespace weir::io
