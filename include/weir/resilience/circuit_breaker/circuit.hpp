#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "weir/resilience/circuit_breaker/event_hub.hpp"
#include "weir/resilience/circuit_breaker/options.hpp"
#include "weir/resilience/circuit_breaker/snapshot.hpp"
#include "weir/resilience/circuit_breaker/state.hpp"
#include "weir/resilience/outcome.hpp"
#include "weir/resilience/sharded.hpp"

namespace weir::detail {

// What one thread counts for one circuit: two cache lines with one time window. Only the owner
// writes.
class circuit_shard {
 public:
  static circuit_shard* make(std::size_t windows);
  static void operator delete(circuit_shard* shard, std::destroying_delete_t) noexcept;

  void count_success() noexcept { raise(successes_); }
  void count_rejection() noexcept { raise(rejections_); }
  void hold() noexcept {
    held_.store(held_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  // The owner's last touch of the circuit for that permit: after it the circuit may be gone.
  void release() noexcept {
    held_.store(held_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  }

  std::uint64_t successes() const noexcept { return successes_.load(std::memory_order_relaxed); }
  std::uint64_t rejections() const noexcept { return rejections_.load(std::memory_order_relaxed); }
  std::uint32_t held() const noexcept { return held_.load(std::memory_order_acquire); }

  std::uint32_t window_count() const noexcept { return window_count_; }
  window_shard& window(std::size_t i) noexcept {
    return *std::launder(reinterpret_cast<window_shard*>(this + 1) + i);
  }
  const window_shard& window(std::size_t i) const noexcept {
    return const_cast<circuit_shard*>(this)->window(i);
  }

 private:
  static std::size_t bytes_of(std::size_t windows) noexcept;
  explicit circuit_shard(std::uint32_t windows) noexcept : window_count_(windows) {}
  static void raise(std::atomic<std::uint64_t>& n) noexcept {
    n.store(n.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t> successes_{0};
  std::atomic<std::uint64_t> rejections_{0};
  // Permits taken minus permits given back by this thread, modulo 2^32: only the sum over all
  // threads means something, since a permit may be given back by another thread.
  std::atomic<std::uint32_t> held_{0};
  std::uint32_t window_count_;
};

// Everything that depends on the windows' shape. Replaced as a whole when a reconfiguration changes
// them; the old one stays, since a thread may be in it, until the circuit goes.
struct circuit_layout {
  sharded<circuit_shard> shards;
  std::unique_ptr<window_grid[]> grids;
  std::size_t grid_count = 0;
  std::unique_ptr<circuit_layout> former;
};

// The breaker that handles and permits point to: circuit_state behind a lock, and in front of it
// what a call of a healthy circuit needs: one state word to read and the thread's own shard to
// write. The word is written under the lock only.
//
//   bit 0–2 mode   3 free: let through without asking   4 refuses, until wake_at()
//   5 minds: a success must take the lock   6 marked: a window holds failures or slow calls
//   7 watched: somebody listens to every call   32–63 generation
//
// While it is marked, a success first compares its own count with the marks: as long as those are
// too few against it to reach any ratio, there is nothing to look at. Only then, or when its bucket
// is full, it takes the lock and sums the shards. So one thread is exact, and several may trip late
// or early by the calls in flight.
//
// Lifetime: handles are counted; permits are not, since a shared count would cost more than the
// breaker. They are counted in the shards instead: when the last handle goes while permits are out,
// the circuit is put aside, and freed when a later look finds them all given back.
class circuit final : public success_counts {
 public:
  static circuit* make(circuit_options options);
  void add_handle() noexcept { handles_.fetch_add(1, std::memory_order_relaxed); }
  void drop_handle() noexcept;

  // --- The path of every call. Admission is true when the call may go: then one of the verdicts
  // must follow, with the generation given.
  struct ticket {
    std::uint32_t generation;  // 0: rejected
    duration retry_after;
  };
  ticket try_acquire(time_point now) noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if ((word & (free_bit | watched_bit)) == free_bit) [[likely]] {
      if (circuit_shard* const mine = layout_.load(std::memory_order_acquire)->shards.find())
          [[likely]] {
        mine->hold();
        return {generation_of(word), {}};
      }
    }
    return acquire_slowly(word, now);
  }
  void succeed(std::uint32_t generation, time_point started, time_point now) noexcept {
    circuit_layout* const layout = layout_.load(std::memory_order_acquire);
    if (circuit_shard* const mine = layout->shards.find()) [[likely]] {
      if (word_.load(std::memory_order_acquire) == healthy(generation) &&
          (now - started).count() <= slow_after_.load(std::memory_order_relaxed)) [[likely]] {
        count_in_windows(*layout, *mine, generation, now);
        mine->count_success();
        mine->release();
        return;
      }
    }
    succeed_slowly(generation, started, now);
  }
  void fail(std::uint32_t generation, time_point started, time_point now,
            std::string_view error) noexcept;
  void ignore(std::uint32_t generation, time_point started, time_point now) noexcept;
  // It says nothing, whatever ignored calls count as.
  void withdraw(std::uint32_t generation, time_point now) noexcept;

  // --- Looking and steering; any thread, any time.
  circuit_mode state(time_point now) noexcept;
  circuit_snapshot snapshot(time_point now);
  void force(circuit_mode to, transition_cause why, time_point now);
  void reconfigure(circuit_options options);

  // --- Shared with other processes; any thread.
  void failed_elsewhere(time_point now);
  void succeeded_elsewhere(std::uint32_t calls, time_point now);
  void opened_elsewhere(time_point until, std::uint64_t failures, time_point now);
  void closed_elsewhere(time_point now);
  void hold_probes(bool held);

  circuit_options options() const;
  const std::string& name() const noexcept { return name_; }
  time_point now() const noexcept { return time_->now(); }
  std::uint64_t listen(circuit_event_mask kinds, circuit_listener listener);
  void unlisten(std::uint64_t id);

  std::uint64_t successes(std::size_t window, std::uint64_t epoch) const noexcept override;

 private:
  static constexpr std::uint64_t mode_mask = 7;
  static constexpr std::uint64_t free_bit = 1U << 3;
  static constexpr std::uint64_t refuses_bit = 1U << 4;
  static constexpr std::uint64_t minds_bit = 1U << 5;
  static constexpr std::uint64_t marked_bit = 1U << 6;
  static constexpr std::uint64_t watched_bit = 1U << 7;

  static constexpr std::uint32_t generation_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32);
  }
  static constexpr circuit_mode mode_of(std::uint64_t word) noexcept {
    return static_cast<circuit_mode>(word & mode_mask);
  }
  // The word of a closed circuit with nothing to mind.
  static constexpr std::uint64_t healthy(std::uint32_t generation) noexcept {
    return (std::uint64_t{generation} << 32) | free_bit |
           static_cast<std::uint64_t>(circuit_mode::closed);
  }

  // Until when a circuit of that mode stays as it is unless a verdict comes. Between two times of
  // one mode there is a word of another: who finds the word unchanged after this has the instant
  // that belongs to it.
  std::int64_t wake_at(circuit_mode mode) const noexcept {
    if (mode == circuit_mode::open) return reopens_at_.load(std::memory_order_acquire);
    if (mode == circuit_mode::half_open) return gives_up_at_.load(std::memory_order_acquire);
    return std::numeric_limits<std::int64_t>::max();
  }

  // Long enough for a message, short enough that an outage does not fill memory with them.
  static constexpr std::size_t longest_error = 256;
  static std::int64_t ticks(time_point t) noexcept { return t.time_since_epoch().count(); }

  circuit(circuit_options options, std::unique_ptr<circuit_layout> layout);
  ~circuit() override = default;

  circuit_shard& shard();
  static circuit_shard& own_shard(circuit_layout& layout);  // the caller holds the lock
  ticket acquire_slowly(std::uint64_t word, time_point now) noexcept;
  void succeed_slowly(std::uint32_t generation, time_point started, time_point now) noexcept;
  void record(const finished_call& call, std::string_view error);
  template <class Change>
  void change(Change&& how);
  // True if a bucket was turned on the way.
  static bool count_in_windows(circuit_layout& layout, circuit_shard& mine,
                               std::uint32_t generation, time_point now) noexcept {
    bool turned = false;
    for (std::uint32_t i = 0; i < mine.window_count(); ++i) {
      if (!mine.window(i).try_add(now, generation)) [[unlikely]] {
        mine.window(i).turn_and_add(now, generation, layout.grids[i]);
        turned = true;
      }
    }
    return turned;
  }
  bool may_trip(const circuit_shard& mine) const noexcept;

  // The caller holds the lock.
  void publish() noexcept;
  void post(circuit_event_kind kind, time_point now, circuit_mode in, std::string_view error = {});
  void post_transitions();
  bool has_news() const noexcept { return hub_ && !hub_->empty(); }
  void take_limits(const trip_rules& rules) noexcept;
  static std::unique_ptr<circuit_layout> make_layout(const trip_rules& rules);
  static std::shared_ptr<const circuit_options> keep(circuit_options options);
  static std::vector<window_grid*> grids_of(const circuit_layout& layout);

  bool permits_are_out() const noexcept;
  static void free_abandoned(circuit* another) noexcept;

  std::atomic<std::uint64_t> word_{0};
  std::atomic<circuit_layout*> layout_{nullptr};
  std::atomic<std::int64_t> slow_after_{0};
  // Each is written in its own mode alone, so that who reads it beside a word that is just being
  // replaced gets the instant of that mode and not "never" of the next one.
  std::atomic<std::int64_t> reopens_at_{0};   // open
  std::atomic<std::int64_t> gives_up_at_{0};  // half-open
  std::atomic<std::uint64_t> marks_{0};
  std::atomic<double> calls_per_mark_{0};  // a window with more successes for each mark cannot trip
  std::atomic<std::uint64_t> least_marks_{0};  // nor one with fewer marks
  std::atomic<std::uint32_t> handles_{1};
  std::atomic<bool> ignored_ok_{false};
  std::atomic<bool> on_call_{false};

  mutable std::mutex mutex_;
  std::unique_ptr<circuit_layout> layouts_;  // the current one, the former ones behind it
  std::unique_ptr<event_hub> hub_;
  std::unique_ptr<std::string> last_error_;  // null: none
  std::uint64_t failed_ = 0;
  std::atomic<std::uint64_t> ignored_{0};
  const clock_source* time_;
  const std::string name_;
  std::shared_ptr<const circuit_options> options_;  // without the name, so that equal ones are one
  circuit_state state_;
};

}  // namespace weir::detail
