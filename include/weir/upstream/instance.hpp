#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "weir/base/clock.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"
#include "weir/telemetry/histogram.hpp"

namespace weir::upstream {

// What a list, DNS or Consul says of one instance.
struct instance_spec {
  std::string host;  // a name or a numeric address, without brackets
  std::uint16_t port = 80;
  std::string authority;     // what Host says
  std::uint32_t weight = 1;  // 1 … 65535: its share beside the others

  // "127.0.0.1:8000": by this it is known again when the list changes.
  std::string key() const;
  friend bool operator==(const instance_spec&, const instance_spec&) = default;
};

// How long calls took, by `verdict`.
struct verdict_times {
  std::array<telemetry::histogram, 3> by;

  void record(verdict how, duration took) noexcept {
    by[static_cast<std::size_t>(how)].record(took);
  }
  void add(const verdict_times& other) noexcept {
    for (std::size_t v = 0; v < by.size(); ++v) by[v].add(other.by[v]);
  }
};

enum class check_state : std::uint8_t { unchecked, passing, failing };

// One instance as all workers see it. The atomics are any thread's; the rest belongs to its roster,
// under the roster's lock, or never changes.
class instance {
 public:
  instance(instance_spec spec, std::uint32_t slot, std::optional<circuit_breaker> circuit)
      : spec_(std::move(spec)), key_(spec_.key()), slot_(slot), circuit_(std::move(circuit)) {}

  const instance_spec& spec() const noexcept { return spec_; }  // but for its weight
  const std::string& key() const noexcept { return key_; }
  // A small number, unique among the instances of the service that live at a time: where a worker
  // keeps its own part.
  std::uint32_t slot() const noexcept { return slot_; }
  const std::optional<circuit_breaker>& circuit() const noexcept { return circuit_; }

  std::atomic<std::uint32_t> failures_in_a_row{0};
  std::atomic<bool> probing{false};  // somebody's call is finding out whether it is well again
  // Since it was first seen; workers add what they have counted every now and then.
  std::atomic<std::uint64_t> succeeded{0};
  std::atomic<std::uint64_t> failed{0};
  // What its circuit was told; likewise.
  void add_times(const verdict_times& more) {
    const std::lock_guard lock(times_mutex_);
    if (!times_) times_ = std::make_unique<verdict_times>();
    times_->add(more);
  }
  verdict_times times() const {
    const std::lock_guard lock(times_mutex_);
    return times_ ? *times_ : verdict_times{};
  }

 private:
  friend class roster;
  enum class standing : std::uint8_t { in_use, ejected, on_probation };

  instance_spec spec_;
  std::string key_;
  std::uint32_t slot_;
  std::optional<circuit_breaker> circuit_;
  mutable std::mutex times_mutex_;
  std::unique_ptr<verdict_times> times_;  // null: nothing yet

  std::uint32_t weight_ = 1;
  time_point since_{};  // in the list
  check_state checked_ = check_state::unchecked;
  std::uint32_t checks_in_a_row_ = 0;  // with the last one's result
  std::string check_detail_;
  time_point checked_at_{};
  standing standing_ = standing::in_use;
  time_point ejected_at_{};
  time_point ejected_until_{};
  std::uint32_t ejections_ = 0;  // the ejection time grows with them, and shrinks with good times
  std::uint64_t ejections_ever_ = 0;
  std::string ejected_for_;
  time_point ramp_from_ = time_point::min();  // slow start
  std::uint64_t interval_succeeded_ = 0;      // the counters at the interval's beginning
  std::uint64_t interval_failed_ = 0;
};

}  // namespace weir::upstream
