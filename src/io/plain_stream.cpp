#include "plain_stream.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "weir/io/address.hpp"

namespace weir::io {
namespace {

std::size_t length_of(std::span<const iovec> pieces) {
  std::size_t sum = 0;
  for (const iovec& piece : pieces) sum += piece.iov_len;
  return sum;
}

// The C library's send() and recv() are points of cancellation for threads, which nobody here ever
// cancels; passing by them saves the two atomic operations that each costs in a process of several
// threads.
ssize_t send_bytes(int fd, const void* from, std::size_t count) {
  return ::syscall(SYS_sendto, fd, from, count, MSG_NOSIGNAL, nullptr, 0);
}

ssize_t receive_bytes(int fd, void* into, std::size_t most) {
  return ::syscall(SYS_recvfrom, fd, into, most, 0, nullptr, nullptr);
}

ssize_t send_pieces(int fd, std::span<const iovec> pieces) {
  if (pieces.size() == 1) return send_bytes(fd, pieces.front().iov_base, pieces.front().iov_len);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

plain_stream::~plain_stream() {
  close();
}

void plain_stream::close() noexcept {
  if (fd_ < 0) return;
  loop_.forget(fd_, *this);
  ::close(fd_);
  fd_ = -1;
}

io_result plain_stream::read(std::span<char> into) {
  for (;;) {
    const ssize_t n = receive_bytes(fd_, into.data(), into.size());
    if (n > 0) {
      const auto bytes = static_cast<std::size_t>(n);
      // Once the end has been announced no edge will tell of it again: it must be read for.
      return {
          .status = io_status::ok, .bytes = bytes, .drained = bytes < into.size() && !peer_closed_};
    }
    if (n == 0) return {.status = io_status::end};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      return {.status = io_status::would_block, .drained = true};
    return {.status = io_status::failed, .error = errno};
  }
}

io_result plain_stream::write(std::span<const iovec> pieces) {
  const std::size_t wanted = length_of(pieces);
  if (wanted == 0) return {};
  for (;;) {
    const ssize_t n = send_pieces(fd_, pieces);
    if (n >= 0) {
      const auto bytes = static_cast<std::size_t>(n);
      wants_write_ = bytes < wanted;
      return {.status = io_status::ok, .bytes = bytes};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wants_write_ = true;
      return {.status = io_status::would_block};
    }
    return {.status = io_status::failed, .error = errno};
  }
}

void plain_stream::shutdown_write() {
  ::shutdown(fd_, SHUT_WR);
}

void plain_stream::reset() {
  if (fd_ < 0) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::string plain_stream::peer_address() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  if (::getpeername(fd_, raw, &length) != 0) return {};
  return address::from(raw, length).to_string();
}

void plain_stream::on_ready(readiness what) {
  // The kernel reports "writable" with every edge; only who ran out of room wants to hear it.
  what.writable = what.writable && wants_write_;
  if (what.writable) wants_write_ = false;
  if (what.peer_closed) peer_closed_ = true;
  if (what.readable || what.writable || what.peer_closed) events_.deliver(what);
}

std::unique_ptr<stream> make_plain_stream(loop& on, int connected_fd) {
  auto made = std::make_unique<plain_stream>(on, connected_fd);
  if (made->watch()) return made;
  const int why = errno;
  made.reset();
  errno = why;
  return nullptr;
}

}  // namespace weir::io
