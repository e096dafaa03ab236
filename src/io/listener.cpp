#include "weir/io/listener.hpp"

#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "weir/base/log.hpp"

namespace weir::io {
namespace {

// One turn takes no more than this, so that a flood of connects cannot hold the loop.
constexpr std::size_t accepts_in_a_turn = 64;
constexpr duration pause_without_descriptors = std::chrono::milliseconds(100);

std::string reason(int error) {
  switch (error) {
    case EADDRINUSE:
      return "the port is taken (EADDRINUSE)";
    case EACCES:
      return "no permission for this port (EACCES)";
    case EADDRNOTAVAIL:
      return "no interface has this address (EADDRNOTAVAIL)";
    default:
      return std::string(strerrordesc_np(error)) + " (" + strerrorname_np(error) + ")";
  }
}

// Errors of accept(2) that concern the one connection that was to be accepted, which is gone. With
// any other (no descriptors, no memory, or one not thought of) asking again at once would spin.
bool concerns_one_connection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct listener::impl final : fd_handler {
  enum class taken : unsigned char { one, none, nothing_left, out_of_resources };

  explicit impl(int socket) : fd(socket) {}
  ~impl() {
    if (destroyed) *destroyed = true;
    close();
  }

  void close() {
    if (fd < 0) return;
    if (on) on->forget(fd, *this);
    ::close(fd);
    fd = -1;
  }

  void on_ready(readiness) override {
    waiting = true;
    if (!paused && !retry->armed()) accept_some();
  }

  void go_on() {
    if (!paused) accept_some();
  }

  taken accept_one() {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* const raw = reinterpret_cast<sockaddr*>(&storage);
    const int client = ::accept4(fd, raw, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINVAL || errno == EBADF)
        return taken::nothing_left;
      return concerns_one_connection(errno) ? taken::none : taken::out_of_resources;
    }
    auto made = make_plain_stream(*on, client);
    if (!made) return taken::out_of_resources;
    to->on_accepted(std::move(made), address::from(raw, length));
    return taken::one;
  }

  void accept_some() {
    bool gone = false;
    destroyed = &gone;
    for (std::size_t i = 0; i < accepts_in_a_turn; ++i) {
      const taken what = accept_one();
      if (gone) return;
      if (fd < 0 || paused) break;
      if (what == taken::nothing_left) {
        waiting = false;
        break;
      }
      if (what == taken::out_of_resources) {
        if (!complained)
          log::warn("out of file descriptors: accepting pauses", {{"listener", bound.to_string()}});
        complained = true;
        retry->arm(saturating_add(on->now(), pause_without_descriptors));
        break;
      }
      if (what == taken::one) complained = false;
    }
    destroyed = nullptr;
    if (fd >= 0 && waiting && !paused && !retry->armed()) more->schedule();
  }

  std::size_t drain() {
    std::size_t found = 0;
    if (on) {
      bool gone = false;
      destroyed = &gone;
      for (;;) {
        const taken what = accept_one();
        if (what == taken::one) ++found;
        if (gone) return found;
        if (what == taken::nothing_left || what == taken::out_of_resources || fd < 0) break;
      }
      destroyed = nullptr;
      retry->disarm();
      more->cancel();
    }
    close();
    return found;
  }

  int fd;
  address bound;
  loop* on = nullptr;
  acceptor* to = nullptr;
  bool paused = false;
  bool waiting = false;     // the kernel may hold connections of which no further edge will tell
  bool complained = false;  // once for each shortage
  bool* destroyed = nullptr;
  std::unique_ptr<timer> retry;
  std::unique_ptr<deferred> more;
};

listener::listener(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
listener::~listener() = default;

result<std::unique_ptr<listener>, std::string> listener::open(const address& at,
                                                              const options& with) {
  const auto refused = [&](int error) {
    return failure("cannot listen on " + at.to_string() + ": " + reason(error));
  };
  const int fd =
      ::socket(at.raw()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return refused(errno);
  auto made = std::make_unique<impl>(fd);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (with.reuse_port) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (at.raw()->sa_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  // Inherited by every socket accepted: one system call for each connection less.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::bind(fd, at.raw(), at.raw_length()) != 0 || ::listen(fd, with.backlog) != 0)
    return refused(errno);
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(fd, raw, &length) != 0) return refused(errno);
  made->bound = address::from(raw, length);
  return std::unique_ptr<listener>(new listener(std::move(made)));
}

address listener::bound() const {
  return impl_->bound;
}

void listener::start(loop& on, acceptor& to) {
  impl_->on = &on;
  impl_->to = &to;
  impl_->retry = std::make_unique<timer>(on, delegate<void()>::to<&impl::go_on>(*impl_));
  impl_->more = std::make_unique<deferred>(on, delegate<void()>::to<&impl::go_on>(*impl_));
  impl_->waiting = true;
  if (!on.watch(impl_->fd, *impl_))
    throw std::system_error(errno, std::generic_category(), "watching a listener");
  impl_->more->schedule();
}

void listener::pause() {
  impl_->paused = true;
}

void listener::resume() {
  if (!impl_->paused) return;
  impl_->paused = false;
  if (impl_->more && impl_->waiting && !impl_->retry->armed()) impl_->more->schedule();
}

std::size_t listener::drain_and_close() {
  return impl_->drain();
}

}  // namespace weir::io
