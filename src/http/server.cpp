#include "weir/http/server.hpp"

#include <algorithm>
#include <utility>

#include "server_impl.hpp"

namespace weir::http {
namespace {

// A connection found waiting in the backlog, or that has not asked for anything yet, gets this long
// to do so while the server goes away.
constexpr duration grace_for_fresh = std::chrono::seconds(1);

}  // namespace

server::impl::impl(io::loop& on, server_handler& to, options given)
    : loop(on),
      handler(to),
      with(std::move(given)),
      until_(on, delegate<void()>::to<&impl::reset_all>(*this)),
      finished_(on, delegate<void()>::to<&impl::tell_done>(*this)) {}

server::impl::~impl() {
  listeners.clear();
  reset_all();
  while (server_connection* one = connections.pop_front()) delete one;
}

void server::impl::adopt(std::unique_ptr<io::stream> client, const io::address& from) {
  auto* const made = new server_connection(*this, std::move(client), from);
  connections.push_back(*made);
  ++count;
  if (draining) made->wait_for_request_until(saturating_add(loop.now(), grace_for_fresh));
  admit();
}

// Over the limit, further clients wait in the kernel's backlog.
void server::impl::admit() {
  const bool full = count >= with.limits.connections;
  if (draining || full == paused) return;
  paused = full;
  for (auto& one : listeners) full ? one->pause() : one->resume();
}

void server::impl::remove(server_connection& gone) noexcept {
  gone.unlink();
  delete &gone;
  --count;
  admit();
  if (draining && count == 0) finished_.schedule();
}

void server::impl::announce(bool close_idle) {
  going_away = true;
  if (!close_idle) return;
  for (auto& one : connections) {
    if (!one.fresh()) one.close_if_idle();
  }
}

std::size_t server::impl::drain(time_point until, std::function<void()> done) {
  done_ = std::move(done);
  draining = true;
  std::size_t found = 0;
  for (auto& one : listeners) found += one->drain_and_close();
  listeners.clear();
  announce(true);
  for (auto& one : connections) {
    one.wait_for_request_until(std::min(until, saturating_add(loop.now(), grace_for_fresh)));
  }
  until_.arm(until);
  if (count == 0) finished_.schedule();
  return found;
}

error_body server::impl::render(int status, std::string_view detail) const {
  error_body made = with.errors ? with.errors(status, detail)
                                : error_body{.content_type = "text/plain; charset=utf-8",
                                             .body = std::string(detail) + ".\n"};
  if (made.status == 0) made.status = status;
  return made;
}

void server::impl::reset_all() {
  for (auto& one : connections) {
    if (one.owes_answer()) ++cut;
    one.cut_off();
  }
}

// May destroy the server.
void server::impl::tell_done() {
  until_.disarm();
  if (const auto tell = std::exchange(done_, nullptr)) tell();
}

server::server(io::loop& on, server_handler& handler, options with)
    : impl_(std::make_unique<impl>(on, handler, std::move(with))) {}

server::~server() = default;

void server::listen(std::unique_ptr<io::listener> at) {
  impl_->listeners.push_back(std::move(at));
  impl_->listeners.back()->start(impl_->loop, *this);
  if (impl_->paused) impl_->listeners.back()->pause();
}

std::size_t server::connections() const noexcept {
  return impl_->count;
}
std::size_t server::active_exchanges() const noexcept {
  return impl_->active;
}

void server::set_limits(const server_limits& limits) {
  impl_->with.limits = limits;
  impl_->admit();
}

void server::announce_close(bool close_idle) {
  impl_->announce(close_idle);
}

std::size_t server::cut_exchanges() const noexcept {
  return impl_->cut;
}

std::size_t server::drain(time_point until, std::function<void()> done) {
  return impl_->drain(until, std::move(done));
}

void server::on_accepted(std::unique_ptr<io::stream> client, const io::address& from) {
  impl_->adopt(std::move(client), from);
}

}  // namespace weir::http
