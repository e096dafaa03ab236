#include "weir/upstream/link.hpp"

#include <algorithm>

#include "weir/base/log.hpp"

namespace weir::upstream {
namespace {

// How long addresses are used before the resolver (which keeps to the records' time to live) is
// asked again.
constexpr duration ask_again = std::chrono::seconds(5);
constexpr duration longest_lookup = std::chrono::seconds(5);
// After a failure, doubled with each until it is `ask_again`.
constexpr duration first_pause = std::chrono::seconds(1);

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
      alive_(std::make_shared<bool>(true)),
      next_pause_(first_pause),
      refuse_(on, delegate<void()>::to<&link::tell_all>(*this)) {
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
  if (!numeric_ && !resolving_ && loop_.now() >= fresh_until_) resolve();
  return pool_.get();
}

// A lookup has its own time, not that of the first who waits for it: others have more, and what it
// finds is of use to them.
void link::wait(waiter& who) {
  who.at_ = this;
  waiters_.push_back(&who);
  if (resolving_) return;
  if ((place_.tls && !tls_) || loop_.now() < fresh_until_) {
    refuse_.schedule();
  } else {
    resolve();
  }
}

void link::resolve() {
  resolving_ = true;
  names_.resolve(place_.host, place_.port, loop_.now() + longest_lookup,
                 [this, alive = alive_](const io::resolver::answer& answer) {
                   if (*alive) resolved(answer);
                 });
}

void link::resolved(const io::resolver::answer& answer) {
  resolving_ = false;
  if (answer) {
    note_success();
    if (*answer != addresses_) use(*answer);
  } else {
    // The last known addresses go on; a name that never resolved fails those who wait.
    note_trouble(answer.error());
  }
  tell_all();
}

void link::note_success() {
  fresh_until_ = loop_.now() + ask_again;
  next_pause_ = first_pause;
  if (last_error_.empty()) return;
  last_error_.clear();
  if (place_.troubles && !place_.troubles->end(place_.host)) return;
  log::info("the service's name resolves again",
            {{"service", place_.service}, {"host", place_.host}});
}

void link::note_trouble(const std::string& why) {
  fresh_until_ = loop_.now() + next_pause_;
  next_pause_ = std::min(2 * next_pause_, ask_again);
  const bool begins = last_error_.empty();
  last_error_ = why;
  if (!begins || (place_.troubles && !place_.troubles->begin(place_.host))) return;
  log::warn("cannot resolve the service's name",
            {{"service", place_.service}, {"host", place_.host}, {"reason", last_error_}});
}

// One at a time, oldest first: being told, a waiter may destroy others that wait here. Who comes
// meanwhile, or when a lookup has begun since, waits on.
void link::tell_all() {
  if (resolving_) return;
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
