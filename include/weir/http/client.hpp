#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "weir/base/clock.hpp"
#include "weir/http/message.hpp"
#include "weir/io/connect.hpp"
#include "weir/io/loop.hpp"

namespace weir::http {

enum class client_error : std::uint8_t {
  connect_refused,  // also unreachable
  connect_timeout,
  dns,
  tls,
  reset,          // before the head was complete
  stale,          // so did a reused connection, before any byte: it may have been dead by then
  truncated,      // after the head, before the body's end
  malformed,      // the answer is not HTTP, or breaks its framing
  too_large,      // the head is over its limit
  no_connection,  // the pool is full and its queue too
  failed,         // out of descriptors and the like
};

std::string_view to_string(client_error e) noexcept;

struct client_limits {
  std::size_t connections = 1024;       // for each pool
  std::size_t idle_connections = 1024;  // kept when unused, until idle_timeout
  std::size_t waiting = 4096;           // exchanges that wait for a connection, for each pool
  duration idle_timeout = std::chrono::seconds(30);
  std::size_t head_bytes = 64 * 1024;  // of an answer; no more than io::buffer_pool::block_bytes
  std::size_t head_fields = 200;
  std::size_t interim_responses = 8;  // 1xx; above: malformed
  // How many exchanges of one batch may go out on one connection (RFC 9112 §9.3.2), where their
  // requests say that they may. 1: each has a connection to itself.
  std::size_t pipelining = 1;
};

// What is sent. Views: they must stay valid until the exchange ends (retries on a fresh connection
// send them again).
struct client_request {
  http::method verb = http::method::get;
  std::string_view verb_token;    // "GET"
  std::string_view target;        // origin-form, encoded
  std::string_view authority;     // Host
  std::string_view header_lines;  // complete "Name: value\r\n" lines; no Host, no framing
  std::string_view body;          // sent with Content-Length when not empty or when `send_length`
  bool send_length = false;       // "Content-Length: 0" for a POST without a body
  // A streamed body: pieces come by client_exchange::write_body(). Such a request is never sent
  // twice.
  bool streamed = false;
  std::optional<std::uint64_t> streamed_length;  // none: chunked
  bool resend_on_stale = true;  // idempotent: may go out again when a reused connection proves dead
  // May be one of several on a connection (client_limits::pipelining), and wait there behind the
  // answers to others. Of use only without a body and where it may be sent again.
  bool may_share = false;
  // When there must be a connection at last, be it a new one or one that comes free. A request that
  // is sent again gets as long for its second connection as it had for the first.
  time_point connect_until = time_point::max();
  // What the receiver will read and write when the answer comes. Prefetched before that, when many
  // come at once; never read.
  std::span<const std::byte> touches;
};

// Told what comes back. Views are valid during the call. on_end or on_failed is the last call. Any
// call may cancel the exchange, start others or destroy the pool.
class client_receiver {
 public:
  virtual void on_head(const response_head& head) = 0;
  virtual void on_body(std::string_view piece) = 0;
  virtual void on_end() = 0;
  virtual void on_failed(client_error why, std::string_view detail) = 0;
  // All of the streamed request body that was handed over has been taken by the kernel.
  virtual void on_body_writable() {}

 protected:
  ~client_receiver() = default;
};

// One request on its way, lent by a pool. Ends by on_end, on_failed, or cancel() (which ends it
// without a further call; the connection is closed unless the protocol can drop one exchange
// alone). Not to be touched after its end.
class client_exchange {
 public:
  virtual void cancel() noexcept = 0;
  virtual void pause() noexcept = 0;  // stop reading: back-pressure to the service
  virtual void resume() = 0;          // the receiver is called at the end of the batch, not before
  // Takes a copy of what the kernel does not take at once. Small pieces of one batch go out
  // together at its end. Neither calls the receiver.
  virtual void write_body(std::string_view piece) = 0;
  virtual void end_body() = 0;
  virtual std::size_t buffered() const noexcept = 0;  // of the body, not yet taken by the kernel
  // It has a connection. Until then nothing of it can have been sent.
  virtual bool connected() const noexcept = 0;
  // Its answer will take long: those who share its connection and stand behind it go elsewhere.
  virtual void let_others_go() noexcept = 0;

 protected:
  ~client_exchange() = default;
};

// Keep-alive connections of one worker to one instance. The interface lends exchanges, not
// connections, so that HTTP/2 (many exchanges on one connection) fits behind it. Belongs to its
// loop's thread. Destroying it cancels what runs, without calls to receivers.
class client_pool {
 public:
  virtual ~client_pool() = default;
  // Never calls the receiver before it returns. The exchange lives until its end.
  virtual client_exchange& start(const client_request& request, client_receiver& receiver) = 0;
  virtual std::size_t connections() const noexcept = 0;  // those being opened included
  virtual std::size_t idle() const noexcept = 0;
  // No connection, and no exchange that waits for one: nobody would miss the pool.
  virtual bool unused() const noexcept = 0;
  virtual void close_idle() = 0;
};

// HTTP/1.1.
std::unique_ptr<client_pool> make_client_pool(io::loop& on, io::connector::target instance,
                                              client_limits limits);

}  // namespace weir::http
