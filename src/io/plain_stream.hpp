#pragma once

#include <span>
#include <string>

#include "stream_events.hpp"
#include "weir/io/stream.hpp"

namespace weir::io {

// A connected (or connecting) socket.
class plain_stream final : public stream, private fd_handler {
 public:
  plain_stream(loop& on, int fd) noexcept : loop_(on), fd_(fd), events_(on) {}
  ~plain_stream() override;

  bool watch() { return loop_.watch(fd_, *this); }
  // The handler is told on_writable once the connection is made or has failed.
  void expect_connection() noexcept { wants_write_ = true; }

  void set_handler(stream_handler* handler) override { events_.set_handler(handler); }
  io_result read(std::span<char> into) override;
  io_result write(std::span<const iovec> pieces) override;
  void shutdown_write() override;
  void reset() override;
  bool peer_closed() const noexcept override { return peer_closed_; }
  int fd() const noexcept override { return fd_; }
  std::string peer_address() const override;

 private:
  void on_ready(readiness what) override;
  void foresee(unsigned step) const noexcept override { events_.foresee(step); }
  void close() noexcept;

  loop& loop_;
  int fd_;
  bool wants_write_ = false;
  bool peer_closed_ = false;
  stream_events events_;
};

}  // namespace weir::io
