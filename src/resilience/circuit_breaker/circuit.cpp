// How circuits and their shards come and go.

#include "weir/resilience/circuit_breaker/circuit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <utility>

#include "weir/resilience/circuit_breaker/shard_memory.hpp"

namespace weir::detail {
namespace {

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

circuit_shard* circuit_shard::make(std::size_t windows) {
  static_assert(alignof(window_shard) <= alignof(std::uint64_t));
  void* const memory = shard_memory::take(bytes_of(windows));
  auto* const made = ::new (memory) circuit_shard(static_cast<std::uint32_t>(windows));
  for (std::size_t i = 0; i < windows; ++i) {
    ::new (static_cast<void*>(reinterpret_cast<window_shard*>(made + 1) + i)) window_shard;
  }
  return made;
}

std::size_t circuit_shard::bytes_of(std::size_t windows) noexcept {
  return sizeof(circuit_shard) + windows * sizeof(window_shard);
}

void circuit_shard::operator delete(circuit_shard* shard, std::destroying_delete_t) noexcept {
  const std::size_t bytes = bytes_of(shard->window_count());
  shard->~circuit_shard();
  shard_memory::give_back(shard, bytes);
}

circuit_shard& circuit::shard() {
  if (circuit_shard* const mine = layout_.load(std::memory_order_acquire)->shards.find()) {
    return *mine;
  }
  const std::lock_guard lock(mutex_);
  return own_shard(*layouts_);
}

circuit_shard& circuit::own_shard(circuit_layout& layout) {
  return layout.shards.add([&] { return circuit_shard::make(layout.grid_count); });
}

std::uint64_t circuit::successes(std::size_t window, std::uint64_t epoch) const noexcept {
  const std::uint32_t buckets = layouts_->grids[window].buckets();
  std::uint64_t sum = 0;
  layouts_->shards.for_each([&](const circuit_shard& s) {
    sum += s.window(window).total(epoch, state_.generation(), buckets);
  });
  return sum;
}

circuit* circuit::make(circuit_options options) {
  require_valid("circuit breaker '" + options.name + "'", options.validate());
  free_abandoned(nullptr);
  auto layout = make_layout(options.trip);
  return new circuit(std::move(options), std::move(layout));
}

circuit::circuit(circuit_options options, std::unique_ptr<circuit_layout> layout)
    : layouts_(std::move(layout)),
      time_(options.time ? options.time : &steady_source()),
      name_(std::move(options.name)),
      options_(keep(std::move(options))),
      state_(*options_, grids_of(*layouts_)) {
  layout_.store(layouts_.get(), std::memory_order_release);
  take_limits(options_->trip);
  publish();
}

// Most circuits of a program are configured alike: they share what the last one was made with.
std::shared_ptr<const circuit_options> circuit::keep(circuit_options options) {
  options.name.clear();
  static std::mutex mutex;
  static auto* const last = new std::weak_ptr<const circuit_options>;
  const std::lock_guard lock(mutex);
  if (auto same = last->lock(); same && *same == options) return same;
  auto made = std::make_shared<const circuit_options>(std::move(options));
  *last = made;
  return made;
}

std::unique_ptr<circuit_layout> circuit::make_layout(const trip_rules& rules) {
  auto layout = std::make_unique<circuit_layout>();
  const std::vector<duration> windows = windows_of(rules);
  layout->grid_count = windows.size();
  if (!windows.empty()) layout->grids = std::make_unique<window_grid[]>(windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) layout->grids[i].shape(windows[i], most_buckets);
  return layout;
}

std::vector<window_grid*> circuit::grids_of(const circuit_layout& layout) {
  std::vector<window_grid*> grids;
  grids.reserve(layout.grid_count);
  for (std::size_t i = 0; i < layout.grid_count; ++i) grids.push_back(&layout.grids[i]);
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

}  // namespace weir::detail
