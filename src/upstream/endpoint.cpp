#include "weir/upstream/endpoint.hpp"

#include <algorithm>

#include "weir/base/log.hpp"

namespace weir::upstream {
namespace {

// Until discovery has given its first list: how often a worker looks for it.
constexpr duration look_for_list = std::chrono::milliseconds(5);

// Without calls that may be sent twice for so long, any call may find out how an instance is.
constexpr duration safe_probes_are_enough = std::chrono::seconds(10);

// Calls that are counted here before the instance's own counters, which workers share, are told.
constexpr std::uint32_t tell_after = 16;

// Instances that one attempt may find unreachable before it says so: of many, some may well be
// gone, and a call that visits them all helps nobody.
constexpr std::size_t most_tried = 16;

// A call that failed says nothing good of the latency, however fast it was.
constexpr duration latency_of_failure = std::chrono::seconds(1);

link::place place_of(const service& of, const std::string& host, std::uint16_t port) {
  const service_settings& s = of.settings();
  return {.service = s.name,
          .host = host,
          .port = port,
          .tls = s.tls,
          .ca_file = s.ca_file,
          .verify = s.verify,
          .server_name = s.server_name,
          .pool = s.pool,
          .troubles = of.troubles()};
}

}  // namespace

endpoint::endpoint(io::loop& on, io::resolver& names, std::shared_ptr<service> of)
    : loop_(on),
      names_(names),
      service_(std::move(of)),
      poll_(on, delegate<void()>::to<&endpoint::on_poll>(*this)),
      sweep_(on, delegate<void()>::to<&endpoint::sweep>(*this)) {
  const service_settings& s = service_->settings();
  if (!service_->instances()) {
    only_ = std::make_unique<link>(loop_, names_, place_of(*service_, s.host, s.port));
    return;
  }
  roster_ = service_->instances().get();
  seen_ = roster_->current();
  if (s.tls) {
    auto made = io::tls_client_context::make({.ca_file = s.ca_file, .verify = s.verify});
    if (made) tls_ = *made;
  }
}

endpoint::~endpoint() = default;

void endpoint::sync() {
  if (roster_->version() != seen_->version || loop_.now() >= seen_->look_again) refresh();
}

void endpoint::refresh() {
  roster_->settle(loop_.now());
  seen_ = roster_->current();
  std::vector<const instance*> here(lanes_.size(), nullptr);
  for (const auto& i : seen_->all) {
    if (i->slot() < here.size()) here[i->slot()] = i.get();
  }
  for (std::size_t slot = 0; slot < lanes_.size(); ++slot) {
    if (!lanes_[slot] || lanes_[slot]->who.get() == here[slot]) continue;
    if (lanes_[slot]->way) lanes_[slot]->way->close_idle();
    leaving_.push_back(std::move(lanes_[slot]));
  }
  // Not at once: one of them may be what is calling us.
  if (!leaving_.empty()) sweep_.schedule();
}

void endpoint::sweep() {
  std::erase_if(leaving_, [](const std::unique_ptr<lane>& l) {
    if (l->load.in_flight > 0) return false;
    if (l->way) l->way->close_idle();
    return true;
  });
}

endpoint::picked endpoint::pick(passage& p) {
  sync();
  if (!seen_->known) {
    // Whoever could name the instances cannot be asked, either: better told now than in a while.
    if (!roster_->source().trouble.empty()) return picked::none;
    waiting_.push_back(p);
    if (!poll_.armed()) poll_.arm(loop_.now() + look_for_list);
    return picked::later;
  }
  const time_point now = loop_.now();
  const picking_table& table = *seen_->table;
  if (table.size() == 0) return picked::none;
  if (!seen_->on_probation.empty()) [[unlikely]] {
    if (p.retryable_) safe_probe_ = now;
    const bool may = p.retryable_ || now - safe_probe_ > safe_probes_are_enough;
    for (const auto& who : seen_->on_probation) {
      if (may && std::find(p.tried_.begin(), p.tried_.end(), who.get()) == p.tried_.end() &&
          !who->probing.exchange(true, std::memory_order_relaxed)) {
        if (take(p, who, true)) return picked::one;
        who->probing.store(false, std::memory_order_relaxed);
      }
    }
  }
  p.retry_after_ = duration::max();
  for (;;) {
    const choice c{table, *this, thread_random(), now, roster_->cursor(), p.key_, p.tried_};
    const std::size_t i = choose(c);
    if (i == no_candidate) {
      if (p.retry_after_ != duration::max()) return picked::refused;
      // All were tried, so any may be tried again.
      p.tried_.clear();
      continue;
    }
    if (take(p, table.candidates()[i].who, false)) return picked::one;
    p.tried_.push_back(table.candidates()[i].who.get());
  }
}

// False where the instance's circuit is open.
bool endpoint::take(passage& p, const std::shared_ptr<instance>& who, bool probe) {
  const time_point now = loop_.now();
  if (const auto& circuit = who->circuit()) {
    auto leave = circuit->try_acquire(now);
    if (!leave) {
      p.retry_after_ = std::min(p.retry_after_, leave.error().retry_after);
      return false;
    }
    p.permit_.emplace(std::move(*leave));
  }
  const std::uint32_t slot = who->slot();
  if (slot >= lanes_.size()) lanes_.resize(slot + 1);
  if (!lanes_[slot]) {
    lanes_[slot] = std::make_unique<lane>();
    lanes_[slot]->who = who;
    lanes_[slot]->way = std::make_unique<link>(
        loop_, names_, place_of(*service_, who->spec().host, who->spec().port), tls_);
  }
  lane& l = *lanes_[slot];
  ++l.load.in_flight;
  ++in_flight_;
  p.lane_ = &l;
  p.who_ = who;
  p.began_ = now;
  p.answered_.reset();
  p.probe_ = probe;
  return true;
}

bool endpoint::has_other(const passage& p) {
  if (p.tried_.size() >= most_tried) return false;
  sync();
  for (const candidate& c : seen_->table->candidates()) {
    if (c.who != p.who_ &&
        std::find(p.tried_.begin(), p.tried_.end(), c.who.get()) == p.tried_.end()) {
      return true;
    }
  }
  return false;
}

void endpoint::ended(passage& p, verdict how) {
  const time_point now = loop_.now();
  lane& l = *p.lane_;
  instance& who = *l.who;
  p.lane_ = nullptr;
  p.pool_ = nullptr;
  p.tried_.push_back(&who);
  --l.load.in_flight;
  --in_flight_;
  if (p.permit_) tell_circuit(p, l, how);
  switch (how) {
    case verdict::ok:
      l.load.observe(p.answered_.value_or(now) - p.began_, now);
      ++l.succeeded;
      if (p.probe_ || who.failures_in_a_row.load(std::memory_order_relaxed) != 0) {
        roster_->succeeded(who, now);
      }
      break;
    case verdict::failure:
      l.load.observe(std::max(now - p.began_, latency_of_failure), now);
      who.failed.fetch_add(1, std::memory_order_relaxed);
      roster_->failed(who, now);
      break;
    case verdict::ignored:
      if (p.probe_) who.probing.store(false, std::memory_order_relaxed);
      break;
  }
  if (l.succeeded > 0 && (l.succeeded >= tell_after || l.load.in_flight == 0)) {
    who.succeeded.fetch_add(l.succeeded, std::memory_order_relaxed);
    l.succeeded = 0;
  }
  if (l.load.in_flight == 0 && !leaving_.empty()) sweep_.schedule();
}

void endpoint::tell_circuit(passage& p, lane& l, verdict how) {
  const time_point now = loop_.now();
  p.permit_->record(how, now);
  p.permit_.reset();
  if (!l.times) l.times = std::make_unique<verdict_times>();
  l.times->record(how, now - p.began_);
  if (++l.judged < tell_after && l.load.in_flight > 0) return;
  l.who->add_times(*l.times);
  *l.times = {};
  l.judged = 0;
}

void endpoint::on_poll() {
  sync();
  if (!seen_->known && roster_->source().trouble.empty()) {
    if (!waiting_.empty()) poll_.arm(loop_.now() + look_for_list);
    return;
  }
  // Being told, one may destroy others that wait here; who comes anew finds the list.
  while (passage* const first = waiting_.pop_front()) first->told_(true);
}

void passage::begin(endpoint& to, std::uint64_t key, bool retryable) {
  leave();
  to_ = &to;
  key_ = key;
  retryable_ = retryable;
  tried_.clear();
  who_.reset();
}

void passage::avoid(const passage& other) {
  const auto add = [this](const instance* who) {
    if (who && std::find(tried_.begin(), tried_.end(), who) == tried_.end()) tried_.push_back(who);
  };
  for (const instance* const who : other.tried_) add(who);
  if (other.lane_) add(other.who_.get());
}

passage::way passage::open() {
  link* through = to_->only_.get();
  if (!through) {
    if (!lane_) {
      switch (to_->pick(*this)) {
        case endpoint::picked::one:
          break;
        case endpoint::picked::later:
          return way::later;
        case endpoint::picked::none:
          return way::none;
        case endpoint::picked::refused:
          return way::refused;
      }
    }
    through = lane_->way.get();
  }
  pool_ = through->pool();
  if (pool_) return way::open;
  through->wait(waiter_);
  return way::later;
}

std::string_view passage::authority() const noexcept {
  return lane_ ? std::string_view(lane_->who->spec().authority)
               : std::string_view(to_->of().settings().authority);
}

bool passage::elsewhere(http::client_error why) {
  if (!lane_) return false;
  switch (why) {
    case http::client_error::connect_refused:
    case http::client_error::connect_timeout:
    case http::client_error::dns:
    case http::client_error::tls:
      break;
    case http::client_error::no_connection:
      // Our own pool is full: no fault of the instance's.
      if (!to_->has_other(*this)) return false;
      to_->ended(*this, verdict::ignored);
      return true;
    default:
      return false;
  }
  if (!to_->has_other(*this)) return false;
  to_->ended(*this, verdict::failure);
  return true;
}

void passage::leave() noexcept {
  waiter_.leave();
  unlink();
  if (lane_) to_->ended(*this, verdict::ignored);
  pool_ = nullptr;
}

}  // namespace weir::upstream
