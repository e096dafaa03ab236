#include "weir/upstream/endpoint.hpp"

#include <algorithm>

#include "weir/base/log.hpp"

namespace weir::upstream {
namespace {

// How long addresses are used before the resolver (which keeps to the records' time to live) is
// asked again.
constexpr duration ask_again = std::chrono::seconds(5);
constexpr duration longest_lookup = std::chrono::seconds(5);

}  // namespace

void endpoint::waiter::leave() noexcept {
  if (!at_) return;
  std::erase(at_->waiters_, this);
  at_ = nullptr;
}

endpoint::endpoint(io::loop& on, io::resolver& names, std::shared_ptr<service> of)
    : loop_(on), names_(names), service_(std::move(of)), alive_(std::make_shared<bool>(true)) {
  const service_settings& s = service_->settings();
  if (s.tls && !make_tls()) return;
  if (auto address = io::address::parse(s.host, s.port)) {
    numeric_ = true;
    use({*address});
  }
}

endpoint::~endpoint() {
  *alive_ = false;
  for (waiter* w : waiters_) w->at_ = nullptr;
}

bool endpoint::make_tls() {
  const service_settings& s = service_->settings();
  auto made = io::tls_client_context::make({.ca_file = s.ca_file, .verify = s.verify});
  if (!made) {
    last_error_ = made.error();
    log::error("no TLS for the service", {{"service", s.name}, {"reason", last_error_}});
    return false;
  }
  tls_ = *made;
  return true;
}

http::client_pool* endpoint::pool() {
  if (!pool_) return nullptr;
  if (!numeric_ && !resolving_ && loop_.now() >= fresh_until_) {
    resolve(loop_.now() + longest_lookup);
  }
  return pool_.get();
}

void endpoint::wait(waiter& who, time_point until) {
  who.at_ = this;
  waiters_.push_back(&who);
  if (!resolving_) resolve(std::min(until, loop_.now() + longest_lookup));
}

void endpoint::resolve(time_point until) {
  const service_settings& s = service_->settings();
  if (s.tls && !tls_) {
    resolved(failure(last_error_));
    return;
  }
  resolving_ = true;
  names_.resolve(s.host, s.port, until, [this, alive = alive_](const io::resolver::answer& answer) {
    if (*alive) resolved(answer);
  });
}

void endpoint::resolved(const io::resolver::answer& answer) {
  resolving_ = false;
  fresh_until_ = loop_.now() + ask_again;
  if (answer) {
    last_error_.clear();
    if (*answer != addresses_) use(*answer);
  } else {
    // The last known addresses go on; a name that never resolved fails those who wait.
    last_error_ = answer.error();
    log::warn("cannot resolve the service's name",
              {{"service", service_->name()}, {"reason", last_error_}});
  }
  // One at a time, oldest first: being told, a waiter may destroy others that wait here.
  for (std::size_t n = waiters_.size(); n > 0 && !waiters_.empty(); --n) {
    waiter* const first = waiters_.front();
    waiters_.erase(waiters_.begin());
    first->at_ = nullptr;
    first->told_(pool_ != nullptr);
  }
}

void endpoint::use(std::vector<io::address> addresses) {
  addresses_ = std::move(addresses);
  if (pool_) {
    pool_->close_idle();
    retired_.push_back(std::move(pool_));
  }
  std::erase_if(retired_, [](const auto& p) { return p->connections() == 0; });
  const service_settings& s = service_->settings();
  pool_ = http::make_client_pool(
      loop_, {.addresses = addresses_, .tls = tls_, .server_name = s.host}, s.pool);
}

}  // namespace weir::upstream
