#include "weir/resilience/circuit_breaker/circuit.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

namespace weir::detail {
namespace {

// Long enough for a message, short enough that an outage does not fill memory with them.
constexpr std::size_t longest_error = 256;

std::int64_t ticks(time_point t) noexcept {
  return t.time_since_epoch().count();
}

// Circuits whose last handle went while permits were out. Never destroyed: permits may be given
// back by threads that outlive the statics.
struct abandoned_circuits {
  std::mutex mutex;
  std::vector<circuit*> list;
};

abandoned_circuits& abandoned() {
  static auto* const all = new abandoned_circuits;
  return *all;
}

}  // namespace

// --- shards

circuit_shard* circuit_shard::make(std::size_t windows) {
  static_assert(alignof(window_shard) <= alignof(std::uint64_t));
  constexpr std::size_t line = 64;
  const std::size_t bytes = sizeof(circuit_shard) + windows * sizeof(window_shard);
  void* const memory = ::operator new((bytes + line - 1) / line * line, std::align_val_t(line));
  auto* const made = ::new (memory) circuit_shard(static_cast<std::uint32_t>(windows));
  for (std::size_t i = 0; i < windows; ++i) {
    ::new (static_cast<void*>(reinterpret_cast<window_shard*>(made + 1) + i)) window_shard;
  }
  return made;
}

void circuit_shard::operator delete(void* memory) noexcept {
  ::operator delete(memory, std::align_val_t(64));
}

circuit_shard& circuit::shard() {
  if (circuit_shard* const mine = layout_.load(std::memory_order_acquire)->shards.find()) {
    return *mine;
  }
  const std::lock_guard lock(mutex_);
  circuit_layout& layout = *layouts_;
  return layout.shards.add([&] { return circuit_shard::make(layout.grids.size()); });
}

std::uint64_t circuit::successes(std::size_t window, std::uint64_t epoch) const noexcept {
  const std::uint32_t buckets = layouts_->grids[window]->buckets();
  std::uint64_t sum = 0;
  layouts_->shards.for_each([&](const circuit_shard& s) {
    sum += s.window(window).total(epoch, state_.generation(), buckets);
  });
  return sum;
}

// --- life

circuit* circuit::make(circuit_options options) {
  require_valid("circuit breaker '" + options.name + "'", options.validate());
  free_abandoned(nullptr);
  auto layout = std::make_unique<circuit_layout>();
  layout->grids = make_grids(options.trip);
  return new circuit(std::move(options), std::move(layout));
}

circuit::circuit(circuit_options options, std::unique_ptr<circuit_layout> layout)
    : state_(options, grids_of(*layout)),
      layouts_(std::move(layout)),
      time_(options.time ? options.time : &steady_source()),
      name_(options.name),
      options_(std::make_shared<const circuit_options>(std::move(options))) {
  layout_.store(layouts_.get(), std::memory_order_release);
  take_limits(options_->trip);
  publish();
}

std::vector<window_grid*> circuit::grids_of(const circuit_layout& layout) {
  std::vector<window_grid*> grids;
  for (const auto& g : layout.grids) grids.push_back(g.get());
  return grids;
}

void circuit::drop_handle() noexcept {
  if (handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) free_abandoned(this);
}

// No handle is left, so nobody takes new permits; all that were taken are seen, and the sum can
// only go down to zero.
bool circuit::permits_are_out() const noexcept {
  std::uint32_t held = 0;
  for (const circuit_layout* l = layouts_.get(); l; l = l->former.get()) {
    l->shards.for_each([&](const circuit_shard& s) { held += s.held(); });
  }
  return held != 0;
}

void circuit::free_abandoned(circuit* another) noexcept {
  if (another && !another->permits_are_out()) {
    delete another;
    another = nullptr;
  }
  std::vector<circuit*> dead;
  try {
    const std::lock_guard lock(abandoned().mutex);
    auto& list = abandoned().list;
    if (another) list.push_back(another);
    const auto end = std::partition(list.begin(), list.end(),
                                    [](const circuit* c) { return c->permits_are_out(); });
    dead.assign(end, list.end());
    list.erase(end, list.end());
  } catch (...) {
    // No memory to remember it by: it is lost, which is safe.
  }
  // Outside the lock: a listener that goes with its circuit may hold the last handle of another.
  for (circuit* const c : dead) delete c;
}

// --- the path of a call

circuit::ticket circuit::acquire_slowly(std::uint64_t word, time_point now) noexcept {
  circuit_shard& mine = shard();
  if ((word & (refuses_bit | watched_bit)) == refuses_bit) {
    const std::int64_t wake_at = wake_at_.load(std::memory_order_relaxed);
    if (ticks(now) < wake_at) {
      mine.count_rejection();
      return {0, mode_of(word) == circuit_mode::open ? duration(wake_at - ticks(now))
                                                     : duration::zero()};
    }
  }
  if ((word & (free_bit | watched_bit)) == free_bit) {
    mine.hold();
    return {generation_of(word), duration::zero()};
  }
  std::unique_lock lock(mutex_);
  const auto admission = state_.try_acquire(now);
  post_transitions();
  ticket given{0, admission.retry_after};
  if (admission.admitted) {
    mine.hold();
    given.generation = state_.generation();
    post(circuit_event_kind::permitted, now, state_.mode());
  } else {
    mine.count_rejection();
    post(circuit_event_kind::rejected, now, state_.mode());
  }
  publish();
  const bool news = has_news();
  lock.unlock();
  if (news) hub_->deliver(mutex_);
  return given;
}

void circuit::succeed_slowly(std::uint32_t generation, time_point started,
                             time_point now) noexcept {
  circuit_shard& mine = shard();
  mine.count_success();
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  const circuit_mode mode = mode_of(word);
  const bool current = generation_of(word) == generation;
  const bool counted =
      current && (mode == circuit_mode::closed || mode == circuit_mode::metrics_only);
  bool turned = false;
  if (counted) {
    circuit_layout& layout = *layout_.load(std::memory_order_acquire);
    if (circuit_shard* const there = layout.shards.find()) {
      turned = count_in_windows(layout, *there, generation, now);
    }
  }
  const bool slow = (now - started).count() > slow_after_.load(std::memory_order_relaxed);
  const bool minded = (word & (minds_bit | watched_bit)) != 0 || slow;
  if (minded || (current && mode == circuit_mode::half_open)) {
    record({started, now, verdict::ok, generation}, {});
  } else if (counted && (turned || may_trip(mine))) {
    std::unique_lock lock(mutex_);
    if (state_.generation() == generation) state_.look(now, *this);
    post_transitions();
    publish();
    const bool news = has_news();
    lock.unlock();
    if (news) hub_->deliver(mutex_);
  }
  mine.release();
}

// A window trips at marks/calls >= ratio, and has at least this thread's successes as calls.
bool circuit::may_trip(const circuit_shard& mine) const noexcept {
  const std::uint64_t marks = marks_.load(std::memory_order_relaxed);
  if (marks < least_marks_.load(std::memory_order_relaxed)) return false;
  std::uint32_t own = std::numeric_limits<std::uint32_t>::max();
  for (std::uint32_t i = 0; i < mine.window_count(); ++i) {
    own = std::min(own, mine.window(i).running());
  }
  return own <= static_cast<double>(marks) * calls_per_mark_.load(std::memory_order_relaxed);
}

void circuit::fail(std::uint32_t generation, time_point started, time_point now,
                   std::string_view error) noexcept {
  circuit_shard& mine = shard();
  record({started, now, verdict::failure, generation}, error);
  mine.release();
}

void circuit::ignore(std::uint32_t generation, time_point now) noexcept {
  circuit_shard& mine = shard();
  ignored_.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if (mode_of(word) == circuit_mode::half_open || (word & watched_bit) != 0) {
    record({now, now, verdict::ignored, generation}, {});
  }
  mine.release();
}

void circuit::record(const finished_call& call, std::string_view error) {
  std::unique_lock lock(mutex_);
  const circuit_mode before = state_.mode();
  if (call.how == verdict::failure) {
    ++failed_;
    if (!error.empty()) last_error_ = error.substr(0, longest_error);
  }
  state_.record(call, *this);
  // A failure is told before the transition that it causes, a success after it: a listener then
  // sees the state that each of them was judged by, and the state that a success left.
  if (call.how == verdict::failure) post(circuit_event_kind::failure, call.now, before, error);
  post_transitions();
  if (call.how == verdict::ok) post(circuit_event_kind::success, call.now, state_.mode());
  if (call.how == verdict::ignored) post(circuit_event_kind::ignored, call.now, state_.mode());
  publish();
  const bool news = has_news();
  lock.unlock();
  if (news) hub_->deliver(mutex_);
}

// --- under the lock

void circuit::publish() noexcept {
  std::uint64_t word =
      (std::uint64_t{state_.generation()} << 32) | static_cast<std::uint64_t>(state_.mode());
  switch (state_.mode()) {
    case circuit_mode::closed:
    case circuit_mode::disabled:
    case circuit_mode::metrics_only:
      word |= free_bit;
      break;
    default:
      break;
  }
  if (state_.refuses()) word |= refuses_bit;
  if (state_.minds_success()) word |= minds_bit;
  if (state_.marks() != 0) word |= marked_bit;
  if (hub_ &&
      (hub_->wants(circuit_event_kind::success) || hub_->wants(circuit_event_kind::permitted) ||
       hub_->wants(circuit_event_kind::rejected) || hub_->wants(circuit_event_kind::ignored))) {
    word |= watched_bit;
  }
  marks_.store(state_.marks(), std::memory_order_relaxed);
  wake_at_.store(ticks(state_.wake_at()), std::memory_order_relaxed);
  if (word != word_.load(std::memory_order_relaxed)) {
    word_.store(word, std::memory_order_release);
  }
}

void circuit::post(circuit_event_kind kind, time_point now, circuit_mode in,
                   std::string_view error) {
  if (!hub_ || !hub_->wants(kind)) return;
  const trip_view seen = state_.primary(now, *this);
  circuit_event e;
  e.kind = kind;
  e.at = now;
  e.from = e.to = in;
  e.failures = seen.bad;
  e.failure_rate = seen.rate < 0 ? -1 : 100 * seen.rate;
  e.error = error.substr(0, longest_error);
  hub_->push(std::move(e));
}

void circuit::post_transitions() {
  for (const circuit_transition& t : state_.take_transitions()) {
    if (!hub_ || !hub_->wants(circuit_event_kind::transition)) continue;
    const trip_view seen = state_.primary(t.at, *this);
    circuit_event e;
    e.at = t.at;
    e.from = t.from;
    e.to = t.to;
    e.why = t.why;
    e.failures = seen.bad;
    e.failure_rate = seen.rate < 0 ? -1 : 100 * seen.rate;
    if (t.to == circuit_mode::open) {
      e.open_for = std::max(duration::zero(), state_.reopens_at() - t.at);
      e.error = last_error_;
    }
    hub_->push(std::move(e));
  }
}

void circuit::take_limits(const trip_rules& rules) noexcept {
  duration slow_after = duration::max();
  double calls_per_mark = 0;
  double least_marks = std::numeric_limits<std::uint32_t>::max();
  const auto take = [&](const auto& r) {
    calls_per_mark = std::max(calls_per_mark, 1 / r.ratio);
    least_marks = std::min(least_marks, r.ratio * r.min_calls);
  };
  for (const trip_rule& rule : rules.all()) {
    if (const auto* r = std::get_if<failure_ratio>(&rule)) take(*r);
    if (const auto* r = std::get_if<slow_ratio>(&rule)) {
      take(*r);
      slow_after = std::min(slow_after, r->slower_than);
    }
  }
  slow_after_.store(slow_after.count(), std::memory_order_relaxed);
  // Rounded to the safe side: looking once too often changes nothing.
  calls_per_mark_.store(calls_per_mark * (1 + 1e-9), std::memory_order_relaxed);
  least_marks_.store(static_cast<std::uint64_t>(std::floor(least_marks * (1 - 1e-9))),
                     std::memory_order_relaxed);
}

// --- looking and steering

circuit_mode circuit::state(time_point now) noexcept {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  const bool due = ticks(now) >= wake_at_.load(std::memory_order_relaxed);
  if (mode_of(word) == circuit_mode::open && due) return circuit_mode::half_open;
  if (mode_of(word) != circuit_mode::half_open || !due) return mode_of(word);
  std::unique_lock lock(mutex_);
  state_.settle(now);
  post_transitions();
  publish();
  const circuit_mode mode = state_.mode_at(now);
  const bool news = has_news();
  lock.unlock();
  if (news) hub_->deliver(mutex_);
  return mode;
}

circuit_snapshot circuit::snapshot(time_point now) {
  circuit_snapshot s;
  s.state = state(now);
  const std::lock_guard lock(mutex_);
  s.name = name_;
  const trip_view seen = state_.primary(now, *this);
  s.failures = seen.bad;
  s.buffered_calls = seen.calls;
  s.failure_rate = seen.rate < 0 ? -1 : 100 * seen.rate;
  const double slow = state_.slow_rate(now, *this);
  s.slow_call_rate = slow < 0 ? -1 : 100 * slow;
  if (state_.mode() == circuit_mode::open) {
    s.time_to_probe = std::max(duration::zero(), state_.reopens_at() - now);
  }
  s.probes_in_flight = state_.probes_in_flight();
  s.probes_succeeded = state_.probes_succeeded();
  s.last_error = last_error_;
  s.transitions = state_.transition_count();
  s.failed = failed_;
  s.ignored = ignored_.load(std::memory_order_relaxed);
  for (const circuit_layout* l = layouts_.get(); l; l = l->former.get()) {
    l->shards.for_each([&](const circuit_shard& shard) {
      s.successful += shard.successes();
      s.not_permitted += shard.rejections();
    });
  }
  return s;
}

void circuit::force(circuit_mode to, transition_cause why, time_point now) {
  std::unique_lock lock(mutex_);
  state_.force(to, why, now, *this);
  if (why == transition_cause::reset) last_error_.clear();
  post_transitions();
  publish();
  const bool news = has_news();
  lock.unlock();
  if (news) hub_->deliver(mutex_);
}

void circuit::reconfigure(circuit_options options) {
  require_valid("circuit breaker '" + options.name + "'", options.validate());
  const std::lock_guard lock(mutex_);
  const bool new_rules = options.trip != options_->trip;
  if (new_rules) {
    auto layout = std::make_unique<circuit_layout>();
    layout->grids = make_grids(options.trip);
    layout->former = std::move(layouts_);
    layouts_ = std::move(layout);
    layout_.store(layouts_.get(), std::memory_order_release);
    take_limits(options.trip);
  }
  state_.reconfigure(options, new_rules, grids_of(*layouts_));
  options_ = std::make_shared<const circuit_options>(std::move(options));
  publish();
}

circuit_options circuit::options() const {
  const std::lock_guard lock(mutex_);
  return *options_;
}

std::uint64_t circuit::listen(circuit_event_mask kinds, circuit_listener listener) {
  const std::lock_guard lock(mutex_);
  if (!hub_) hub_ = std::make_unique<event_hub>();
  const std::uint64_t id = hub_->add(kinds, std::move(listener));
  publish();
  return id;
}

void circuit::unlisten(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  if (hub_) hub_->remove(id);
  publish();
}

}  // namespace weir::detail
