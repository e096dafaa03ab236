#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/delegate.hpp"
#include "weir/http/message.hpp"
#include "weir/io/listener.hpp"
#include "weir/io/loop.hpp"

namespace weir::http {

struct server_limits {
  std::size_t target_bytes = 8 * 1024;     // above: 414
  std::size_t head_bytes = 32 * 1024;      // above: 431; at most 44 KiB, a buffer's room
  std::size_t head_fields = 100;           // above: 431; at most 511
  std::uint64_t body_bytes = 1024 * 1024;  // default for an exchange; above: 413
  std::size_t connections = 10000;         // for each server; above: accepting stops
  duration head_timeout =
      std::chrono::seconds(10);  // from the first byte of a request to its head's end
  duration body_timeout =
      std::chrono::seconds(30);          // a body's whole time, unless it keeps the least rate
  std::uint32_t body_least_rate = 1024;  // bytes a second, judged after the first 5 s; 0: none
  duration idle_timeout = std::chrono::seconds(60);   // between requests: closed in silence
  duration write_timeout = std::chrono::seconds(30);  // no progress in sending: reset
};

// Where an error that the server itself finds (a malformed request, a head too slow) gets its body.
// Gives the body and its media type; the server frames and sends it.
struct error_body {
  std::string content_type;
  std::string body;
  int status = 0;  // in place of the one that was found; 0: that one
};
using error_renderer = std::function<error_body(int status, std::string_view detail)>;

// What the server saw that no handler did: for logs and metrics.
struct server_observer {
  virtual ~server_observer() = default;
  virtual void on_rejected(int status, std::string_view detail, const io::address& from) = 0;
};

class server_exchange;

class server_handler {
 public:
  // A request's head has come. The handler may answer at once or keep the exchange and answer
  // later, on the same loop; it must end it with respond(), finish() or abort(). Body bytes wait
  // until they are asked for.
  virtual void on_request(server_exchange& exchange) = 0;

 protected:
  ~server_handler() = default;
};

// Receives a request's body piece by piece.
class body_sink {
 public:
  virtual void on_body(std::string_view piece) = 0;  // valid during the call
  virtual void on_body_end() = 0;
  // The body broke off, broke its framing or its limit. The server has already sent what is due
  // (400, 408, 413, 431) unless an answer had begun; 499: the client is gone. The exchange is over;
  // on_abort follows where it is set (the sink may clear it).
  virtual void on_body_failed(int status) = 0;
  // What the server shall answer to such a body. Without one: `server::options::errors`.
  virtual std::optional<error_body> body_error(int /*status*/, std::string_view /*detail*/) {
    return std::nullopt;
  }

 protected:
  ~body_sink() = default;
};

// One request and its answer on a server connection. Lent to the handler; belongs to the
// connection. All on the loop's thread. After the end (respond, finish, abort or on_abort) it must
// not be touched.
class server_exchange {
 public:
  virtual const request_head& head() const noexcept = 0;
  virtual io::loop& loop() const noexcept = 0;
  virtual const io::address& peer() const noexcept = 0;
  virtual time_point received() const noexcept = 0;  // when the head was complete

  // Called when the client is gone or its body failed before the answer was complete: cancel the
  // work. The exchange is over when it returns.
  virtual void on_abort(delegate<void()> aborted) = 0;

  // The request's body. `limit` replaces the server's for this exchange. Sends 100-continue if the
  // client waits for it. With pause(), back-pressure reaches the client.
  virtual void read_body(body_sink& into, std::uint64_t limit) = 0;
  virtual void pause_body() = 0;
  virtual void resume_body() = 0;

  // The whole answer in one write. `header_lines` is zero or more complete "Name: value\r\n";
  // Content-Length, Connection and Date are the server's to add. For HEAD the length is sent and
  // the body is not; 204 and 304 send neither.
  virtual void respond(int status, std::string_view header_lines, std::string_view body) = 0;

  // The streamed answer: the head, pieces, the end. `length` unknown means chunked (or until close
  // for HTTP/1.0). write() takes a copy of what the kernel does not take at once; when
  // `buffered()` passes high water (64 KiB), stop and go on at on_drained.
  virtual void start(int status, std::string_view header_lines,
                     std::optional<std::uint64_t> length) = 0;
  virtual void write(std::string_view piece) = 0;
  virtual std::size_t buffered() const noexcept = 0;
  virtual void on_drained(delegate<void()> drained) = 0;
  virtual void finish() = 0;
  // Ends without completing: the client's connection is aborted, never ended as if complete.
  virtual void abort() = 0;

  virtual void close_after() noexcept = 0;                // this answer is the connection's last
  virtual bool answered() const noexcept = 0;             // a head has been sent
  virtual std::uint64_t bytes_sent() const noexcept = 0;  // so far, head and framing included

 protected:
  ~server_exchange() = default;
};

// HTTP/1.1 on one loop. Listeners are given to it; it owns the connections they accept.
class server final : private io::acceptor {
 public:
  struct options {
    server_limits limits = {};
    error_renderer errors = {};  // empty: a plain-text sentence
    server_observer* observer = nullptr;
    std::string server_name = {};  // "Server:" field; empty: none
  };
  server(io::loop& on, server_handler& handler, options with);
  ~server();

  void listen(std::unique_ptr<io::listener> at);  // starts accepting; several are allowed
  std::size_t connections() const noexcept;
  std::size_t active_exchanges() const noexcept;

  // New limits for connections accepted from now on and requests from now on.
  void set_limits(const server_limits& limits);

  // The first part of going away: every answer from now on says `Connection: close`; accepting goes
  // on. Idle connections are closed when `close_idle`.
  void announce_close(bool close_idle);
  // The second: accept what waits in the backlog, close the listeners, finish what runs, then
  // `done`. Connections that are still open at `until` are reset. Returns how many connections were
  // found waiting.
  std::size_t drain(time_point until, std::function<void()> done);
  // The answers that were still to be made or sent when a drain's time was over: their clients got
  // none, or a part.
  std::size_t cut_exchanges() const noexcept;

  struct impl;

 private:
  void on_accepted(std::unique_ptr<io::stream> client, const io::address& from) override;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::http
