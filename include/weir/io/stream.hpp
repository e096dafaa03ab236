#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "weir/io/loop.hpp"

namespace weir::io {

enum class io_status : unsigned char { ok, would_block, end, failed };

struct io_result {
  io_status status = io_status::ok;
  std::size_t bytes = 0;
  // After a read that gave bytes: the source is known to be empty (a short read), so that a further
  // read would only cost a system call that ends in EAGAIN; wait for readability instead. Never so
  // when the peer is known to have closed: its end is still to be read.
  bool drained = false;
  int error = 0;  // errno, when failed
};

// Who uses a stream is told when it may go on. Any of these may destroy the stream. A stream that
// fails says so through on_peer_closed alone, and then by what read() and write() return.
class stream_handler {
 public:
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;     // only after a write that could not take everything
  virtual void on_peer_closed() = 0;  // the peer sends no more, or the stream has failed
  // As fd_handler::foresee(); step 0 comes when the beginning of this object has been fetched.
  virtual void foresee([[maybe_unused]] unsigned step) const noexcept {}

 protected:
  ~stream_handler() = default;
};

// A connected, ordered stream of bytes, plain or TLS, on one loop. Never blocks. A TLS stream
// shakes hands by itself within read() and write(), which say would_block until that is done.
class stream {
 public:
  virtual ~stream() = default;

  // Null: events are kept for the next one, who gets them at the end of the batch.
  virtual void set_handler(stream_handler* handler) = 0;
  virtual io_result read(std::span<char> into) = 0;
  // Gathers; takes as much as there is room for, and then on_writable follows. Small pieces go out
  // as one segment.
  virtual io_result write(std::span<const iovec> pieces) = 0;
  virtual void shutdown_write() = 0;  // sends what says "no more from here"
  virtual void reset() = 0;           // closes abruptly (RST), so that the peer sees a failure
  // It is known already that the peer sends no more, though bytes and the end may still be unread:
  // no use to begin another exchange on this one.
  virtual bool peer_closed() const noexcept = 0;
  virtual int fd() const noexcept = 0;
  virtual std::string peer_address() const = 0;  // "127.0.0.1:80", "[::1]:80"
};

// Owns the descriptor, which must be non-blocking; whoever made the socket has set TCP_NODELAY
// (sockets accepted inherit it). Null, with the descriptor closed and errno set, when the loop
// cannot watch it.
std::unique_ptr<stream> make_plain_stream(loop& on, int connected_fd);

}  // namespace weir::io
