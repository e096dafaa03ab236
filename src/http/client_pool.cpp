#include "client_pool.hpp"

#include <algorithm>
#include <utility>

#include "weir/base/prefetch.hpp"

namespace weir::http {
namespace {

constexpr std::size_t most_spare_exchanges = 256;

// A service that closes connections under those who share them is spared that for a time.
constexpr unsigned most_broken_lines = 3;
constexpr duration without_sharing = std::chrono::seconds(60);

client_error error_of(io::connect_error kind) {
  switch (kind) {
    case io::connect_error::refused:
    case io::connect_error::unreachable:
      return client_error::connect_refused;
    case io::connect_error::timed_out:
      return client_error::connect_timeout;
    case io::connect_error::dns:
      return client_error::dns;
    case io::connect_error::tls:
      return client_error::tls;
    case io::connect_error::no_descriptors:
    case io::connect_error::failed:
      return client_error::failed;
  }
  return client_error::failed;
}

template <class List>
void delete_all(List& list) {
  while (auto* one = list.pop_front()) delete one;
}

}  // namespace

h1_pool::h1_pool(io::loop& on, io::connector::target instance, const client_limits& limits)
    : loop_(on),
      instance_(std::move(instance)),
      limits_(limits),
      room_(limits.head_fields),
      idle_timer_(on, delegate<void()>::to<&h1_pool::on_idle_timeout>(*this)),
      chores_(on, delegate<void()>::to<&h1_pool::on_chores>(*this)) {}

h1_pool::~h1_pool() {
  if (destroyed_) *destroyed_ = true;
  delete_all(all_);
  delete_all(retired_);
  for (waiting_list* list : {&resends_, &waiting_, &failing_, &ended_, &spare_}) delete_all(*list);
}

client_exchange& h1_pool::start(const client_request& request, client_receiver& receiver) {
  h1_exchange* exchange = spare_.pop_front();
  if (exchange)
    --spare_count_;
  else
    exchange = new h1_exchange(*this);
  exchange->begin(request, receiver);
  const bool sharing = shares(*exchange);
  if (sharing && gathering_) {
    join(*exchange);
    return *exchange;
  }
  if (!idle_.empty()) {
    h1_connection& rested = idle_.front();
    left_idle(rested);
    rested.run(*exchange);
    // Who starts one call often starts several.
    if (!idle_.empty()) prefetch(idle_.front());
    if (!spare_.empty()) prefetch(spare_.front());
    return *exchange;
  }
  if (waiting_count_ >= limits_.waiting && open_ >= limits_.connections) {
    exchange->failing();
    failing_.push_back(*exchange);
    chores_.schedule();
    return *exchange;
  }
  queue(waiting_, *exchange);
  if (open_ < limits_.connections && (!sharing || connecting_ < connections_wanted()))
    open_for(exchange->connect_until());
  return *exchange;
}

void h1_pool::join(h1_exchange& exchange) {
  gathering_->join(exchange);
  if (gathering_->in_line() >= limits_.pipelining) gathering_ = nullptr;
}

// A connection that is free, for one who waited, and for those who may share it.
void h1_pool::serve(h1_connection& free, h1_exchange& first) {
  free.run(first);
  for (auto one = waiting_.begin(); gathering_ == &free && one != waiting_.end();) {
    h1_exchange& next = *one;
    ++one;
    if (!shares(next)) continue;
    next.unlink();
    left_queue(next);
    join(next);
  }
}

void h1_pool::line_broke() noexcept {
  if (++broken_lines_ < most_broken_lines) return;
  // Then one more is enough.
  broken_lines_ = most_broken_lines - 1;
  sharing_from_ = saturating_add(loop_.now(), without_sharing);
}

// By those who wait.
std::size_t h1_pool::connections_wanted() const noexcept {
  if (limits_.pipelining <= 1 || loop_.now() < sharing_from_) return waiting_count_;
  return waiting_count_ - sharers_ + (sharers_ + limits_.pipelining - 1) / limits_.pipelining;
}

void h1_pool::queue(waiting_list& in, h1_exchange& exchange) {
  in.push_back(exchange);
  ++waiting_count_;
  sharers_ += exchange.may_share() ? 1 : 0;
  exchange.wait_until_connected();
}

void h1_pool::left_queue(const h1_exchange& exchange) noexcept {
  --waiting_count_;
  sharers_ -= exchange.may_share() ? 1 : 0;
}

// Resends go to fresh connections alone: another one that has rested may be as dead.
h1_exchange* h1_pool::next_waiting(bool for_fresh) noexcept {
  h1_exchange* next = for_fresh ? resends_.pop_front() : nullptr;
  if (!next) next = waiting_.pop_front();
  if (next) left_queue(*next);
  if (!waiting_.empty()) prefetch(waiting_.front());
  return next;
}

void h1_pool::open_for(time_point until) {
  auto* const made = new h1_connection(*this);
  all_.push_back(*made);
  ++open_;
  ++connecting_;
  made->open(instance_, until);
}

void h1_pool::open_for_waiting() {
  while (connecting_ < connections_wanted() && open_ < limits_.connections)
    open_for((resends_.empty() ? waiting_ : resends_).front().connect_until());
}

void h1_pool::connected(h1_connection& fresh) {
  if (h1_exchange* next = next_waiting(true)) {
    serve(fresh, *next);
    open_for_waiting();
  } else {
    rest(fresh);
  }
}

void h1_pool::connect_failed(h1_connection& failed, const io::connect_failure& why) {
  failed.close();
  h1_exchange* told = !resends_.empty()   ? &resends_.front()
                      : !waiting_.empty() ? &waiting_.front()
                                          : nullptr;
  // Whose time is up learns it from his own timer; others may still have some.
  if (told && why.kind == io::connect_error::timed_out &&
      told->connect_until() != time_point::max())
    told = nullptr;
  if (told) fail_waiting(*told, error_of(why.kind), why.detail);
}

void h1_pool::fail_waiting(h1_exchange& exchange, client_error why, std::string_view detail) {
  exchange.unlink();
  left_queue(exchange);
  tell_end(exchange, [&] { exchange.receiver().on_failed(why, detail); });
}

void h1_pool::waited_in_vain(h1_exchange& exchange) {
  if (connecting_ > 0)
    fail_waiting(exchange, client_error::connect_timeout, "no connection in time");
  else
    fail_waiting(exchange, client_error::no_connection, "no connection came free in time");
}

void h1_pool::released(h1_connection& used) {
  // Where there may be no more connections, this one makes room for a fresh one.
  if (!resends_.empty() && open_ >= limits_.connections) {
    used.close();
    return;
  }
  if (h1_exchange* next = next_waiting(false))
    serve(used, *next);
  else
    rest(used);
}

void h1_pool::rest(h1_connection& free) {
  if (limits_.idle_connections == 0) {
    free.close();
    return;
  }
  if (idle_count_ >= limits_.idle_connections) idle_.back().close();
  free.rest(loop_.now());
  idle_.push_front(free);
  ++idle_count_;
  // Never moved for a younger one: when it fires it looks for the next.
  if (!idle_timer_.armed())
    idle_timer_.arm(saturating_add(idle_.back().idle_since(), limits_.idle_timeout));
}

void h1_pool::left_idle(h1_connection& gone) noexcept {
  static_cast<list_hook<idle_connections>&>(gone).unlink();
  --idle_count_;
}

void h1_pool::closed(h1_connection& gone) noexcept {
  static_cast<list_hook<all_connections>&>(gone).unlink();
  retired_.push_back(gone);
  --open_;
  chores_.schedule();
}

void h1_pool::resend(h1_exchange& exchange) {
  exchange.prepare_resend();
  queue(resends_, exchange);
  chores_.schedule();  // several may come at once, and some be cancelled before the batch ends
}

void h1_pool::cancel_waiting(h1_exchange& exchange) noexcept {
  left_queue(exchange);
  recycle(exchange);
}

void h1_pool::recycle(h1_exchange& exchange) noexcept {
  exchange.recycle();
  if (spare_count_ >= most_spare_exchanges) {
    delete &exchange;
    return;
  }
  spare_.push_front(exchange);
  ++spare_count_;
}

void h1_pool::close_idle() {
  while (!idle_.empty()) idle_.back().close();
}

void h1_pool::on_idle_timeout() {
  while (!idle_.empty()) {
    const time_point until = saturating_add(idle_.back().idle_since(), limits_.idle_timeout);
    if (until > loop_.now()) {
      idle_timer_.arm(until);
      return;
    }
    idle_.back().close();
  }
}

void h1_pool::on_chores() {
  delete_all(retired_);
  while (!failing_.empty()) {
    h1_exchange& refused = failing_.front();
    const auto say = [&] {
      refused.receiver().on_failed(client_error::no_connection, "the queue is full");
    };
    refused.unlink();
    if (!tell_end(refused, say)) return;
  }
  open_for_waiting();
}

}  // namespace weir::http
