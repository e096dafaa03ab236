#include "weir/io/connect.hpp"

#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "plain_stream.hpp"
#include "tls_stream.hpp"

namespace weir::io {
namespace {

connect_error kind_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return connect_error::refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
      return connect_error::unreachable;
    case ETIMEDOUT:
      return connect_error::timed_out;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return connect_error::no_descriptors;
    default:
      return connect_error::failed;
  }
}

}  // namespace

struct connector::impl final : private stream_handler {
  impl(loop& l, receiver& r)
      : on(l),
        to(r),
        limit(l, delegate<void()>::to<&impl::on_late>(*this)),
        report(l, delegate<void()>::to<&impl::on_report>(*this)) {}

  void start(const target& t, time_point u) {
    where = t;
    until = u;
    if (where.addresses.empty()) {
      failure_ = {connect_error::dns, 0, "no address"};
      report.schedule();
      return;
    }
    try_next();
  }

  // Works through the addresses until an attempt is under way or none is left.
  void try_next() {
    while (next < where.addresses.size()) {
      const address& at = where.addresses[next++];
      const int error = try_one(at);
      if (error == 0) return;
      note_failure(error, at);
    }
    report.schedule();
  }

  int try_one(const address& at) {
    const int fd =
        ::socket(at.raw()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return errno;
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto made = std::make_unique<plain_stream>(on, fd);
    made->expect_connection();
    made->set_handler(this);
    if (::connect(fd, at.raw(), at.raw_length()) != 0 && errno != EINPROGRESS) return errno;
    if (!made->watch()) return errno;
    socket = std::move(made);
    limit.arm(share());
    return 0;
  }

  time_point share() const {
    if (until == time_point::max()) return until;
    const auto shares = static_cast<duration::rep>(where.addresses.size() - next + 1);
    return until <= on.now() ? on.now() : on.now() + (until - on.now()) / shares;
  }

  void note_failure(int error, const address& at) {
    failure_ = {kind_of(error), error, at.to_string() + ": " + strerrordesc_np(error)};
  }

  const address& current() const { return where.addresses[next - 1]; }

  void on_writable() override {
    if (tls) return;  // the handshake writes by itself
    if (!finish_connect()) return;
    if (!where.tls) {
      socket->set_handler(nullptr);
      succeed(std::move(socket));
      return;
    }
    auto made = make_tls_client_stream(on, std::move(socket), where.tls, where.server_name);
    if (!made) {
      fail({connect_error::tls, 0, current().to_string() + ": no name to verify"});
      return;
    }
    tls.reset(static_cast<tls_stream*>(made.release()));
    tls->set_handler(this);
    limit.arm(until);  // a handshake is not tried again elsewhere: it has the whole time
    go_on_with_handshake();
  }

  // False when this attempt has ended and another, or none, was begun.
  bool finish_connect() {
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket->fd(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0) return true;
    abandon(error);
    return false;
  }

  void abandon(int error) {
    limit.disarm();
    note_failure(error, current());
    // The stream is in the middle of calling us.
    socket->set_handler(nullptr);
    retired = std::move(socket);
    try_next();
  }

  void on_readable() override {
    if (tls) go_on_with_handshake();
  }
  void on_peer_closed() override {
    if (tls) go_on_with_handshake();
    // Before that, on_writable has been told first and knows the error.
  }

  void go_on_with_handshake() {
    switch (tls->shake_hands()) {
      case tls_stream::progress::waiting:
        return;
      case tls_stream::progress::done:
        tls->handshake_done();
        succeed(std::move(tls));
        return;
      case tls_stream::progress::failed:
        fail({connect_error::tls, 0, current().to_string() + ": " + tls->failure_detail()});
        return;
    }
  }

  void on_late() {
    const connect_failure late{
        connect_error::timed_out, ETIMEDOUT,
        current().to_string() + (tls ? ": no TLS handshake in time" : ": no answer in time")};
    if (!tls && next < where.addresses.size() && on.now() < until) {
      failure_ = late;
      socket.reset();
      try_next();
      return;
    }
    fail(late);
  }

  void succeed(std::unique_ptr<stream> connected) {
    limit.disarm();
    to.on_connected(std::move(connected));
  }

  void fail(connect_failure why) {
    limit.disarm();
    if (socket) socket->set_handler(nullptr);
    if (tls) tls->set_handler(nullptr);
    failure_ = std::move(why);
    report.schedule();
  }

  void on_report() {
    const connect_failure why = std::move(failure_);
    to.on_connect_failed(why);
  }

  loop& on;
  receiver& to;
  target where;
  time_point until;
  std::size_t next = 0;  // behind the address being tried
  std::unique_ptr<plain_stream> socket;
  std::unique_ptr<plain_stream> retired;
  std::unique_ptr<tls_stream> tls;
  connect_failure failure_;
  timer limit;
  deferred report;
};

connector::connector(loop& on, receiver& to) : impl_(std::make_unique<impl>(on, to)) {}
connector::~connector() = default;

void connector::start(const target& where, time_point until) {
  impl_->start(where, until);
}

}  // namespace weir::io
