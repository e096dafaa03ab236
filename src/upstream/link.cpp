#include "weir/upstream/link.hpp"

#include <algorithm>

#include "weir/base/log.hpp"

namespace weir::upstream {
namespace {

// How long addresses are used before the resolver (which keeps to the records' time to live) is
// asked again.
constexpr duration ask_again = std::chrono::seconds(5);
constexpr duration longest_lookup = std::chrono::seconds(5);

}  // namespace

void link::waiter::leave() noexcept {
  if (!at_) return;
  std::erase(at_->waiters_, this);
  at_ = nullptr;
}

link::link(io::loop& on, io::resolver& names, place to,
           std::shared_ptr<io::tls_client_context> shared_tls)
    : loop_(on),
      names_(names),
      place_(std::move(to)),
      tls_(std::move(shared_tls)),
      alive_(std::make_shared<bool>(true)) {
  if (place_.server_name.empty()) place_.server_name = place_.host;
  if (place_.tls && !tls_ && !make_tls()) return;
  if (auto address = io::address::parse(place_.host, place_.port)) {
    numeric_ = true;
    use({*address});
  }
}

link::~link() {
  *alive_ = false;
  for (waiter* w : waiters_) w->at_ = nullptr;
}

bool link::make_tls() {
  auto made = io::tls_client_context::make({.ca_file = place_.ca_file, .verify = place_.verify});
  if (!made) {
    last_error_ = made.error();
    log::error("no TLS for the service", {{"service", place_.service}, {"reason", last_error_}});
    return false;
  }
  tls_ = *made;
  return true;
}

void link::close_idle() {
  if (pool_) pool_->close_idle();
  for (const auto& p : retired_) p->close_idle();
}

http::client_pool* link::pool() {
  if (!pool_) return nullptr;
  if (!numeric_ && !resolving_ && loop_.now() >= fresh_until_) {
    resolve(loop_.now() + longest_lookup);
  }
  return pool_.get();
}

void link::wait(waiter& who, time_point until) {
  who.at_ = this;
  waiters_.push_back(&who);
  if (!resolving_) resolve(std::min(until, loop_.now() + longest_lookup));
}

void link::resolve(time_point until) {
  if (place_.tls && !tls_) {
    resolved(failure(last_error_));
    return;
  }
  resolving_ = true;
  names_.resolve(place_.host, place_.port, until,
                 [this, alive = alive_](const io::resolver::answer& answer) {
                   if (*alive) resolved(answer);
                 });
}

void link::resolved(const io::resolver::answer& answer) {
  resolving_ = false;
  fresh_until_ = loop_.now() + ask_again;
  if (answer) {
    last_error_.clear();
    if (*answer != addresses_) use(*answer);
  } else {
    // The last known addresses go on; a name that never resolved fails those who wait.
    last_error_ = answer.error();
    log::warn("cannot resolve the service's name",
              {{"service", place_.service}, {"host", place_.host}, {"reason", last_error_}});
  }
  // One at a time, oldest first: being told, a waiter may destroy others that wait here.
  for (std::size_t n = waiters_.size(); n > 0 && !waiters_.empty(); --n) {
    waiter* const first = waiters_.front();
    waiters_.erase(waiters_.begin());
    first->at_ = nullptr;
    first->told_(pool_ != nullptr);
  }
}

void link::use(std::vector<io::address> addresses) {
  addresses_ = std::move(addresses);
  if (pool_) {
    pool_->close_idle();
    retired_.push_back(std::move(pool_));
  }
  std::erase_if(retired_, [](const auto& p) { return p->unused(); });
  pool_ = http::make_client_pool(
      loop_, {.addresses = addresses_, .tls = tls_, .server_name = place_.server_name},
      place_.pool);
}

}  // namespace weir::upstream
