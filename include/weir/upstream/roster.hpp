#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/resilience/outcome.hpp"
#include "weir/upstream/balance.hpp"
#include "weir/upstream/instance.hpp"

namespace weir::upstream {

// When an instance is left alone for a while because of what calls say of it (Envoy calls it
// outlier detection).
struct ejection_options {
  bool on = true;
  std::uint32_t in_a_row = 5;  // failures without a success between them
  double worse_by = 0.3;  // its share of successes is so much below that of the others together
  duration every = std::chrono::seconds(10);  // how often the shares are compared
  std::uint32_t min_calls = 20;               // in that time, for an instance to be compared
  duration first = std::chrono::seconds(5);   // how long, the first time; doubled each time
  duration longest = std::chrono::minutes(5);
  double at_most = 0.5;  // of the instances are ejected at a time
  friend bool operator==(const ejection_options&, const ejection_options&) = default;
};

struct roster_options {
  std::string name;  // of the service
  balance how = balance::least_requests;
  ejection_options ejection;
  double panic = 0.25;     // fewer than this share of them fit for use: all are used
  duration slow_start{};   // how long a new or recovered instance takes to get its full share
  std::uint32_t rise = 2;  // checks in a row that make it fit for use
  std::uint32_t fall = 3;  // and unfit
  bool checked = false;    // active checks run
  std::optional<circuit_options> circuit;  // each instance has one of its own
  friend bool operator==(const roster_options&, const roster_options&) = default;
};

// One instance as it is at a moment, for people.
struct instance_view {
  std::string key;
  std::uint32_t weight = 1;
  std::string state;  // "in use", "failing", "ejected", "on probation"
  check_state checked = check_state::unchecked;
  std::string check_detail;
  duration check_age{};
  std::string ejected_for;
  duration ejected_left{};
  std::uint64_t ejections = 0;
  duration age{};
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::shared_ptr<instance> who;
};

// How discovery does.
struct source_view {
  std::optional<time_point> heard;  // when it last said what can be used
  std::string trouble;              // why it says nothing of use now; empty: it does
  bool from_snapshot = false;       // the list is that of an earlier process
};

// The instances of one service: who they are, who is fit for use, how to choose. One for the
// process; it outlives the configuration, and instances keep what is known of them for as long as
// they are listed.
//
// Readers take an immutable snapshot and look for a newer one when version() says so, or when the
// time that the snapshot names has come (settle()): nobody has to watch the clock for it. Changes
// take a lock. Decides by `now` arguments alone.
class roster {
 public:
  struct snapshot {
    std::uint64_t version = 0;
    bool known = false;  // the list has come, be it empty
    bool panic = false;
    std::vector<std::shared_ptr<instance>> all;
    std::shared_ptr<const picking_table> table;  // of those that are fit for use
    // Ejected for long enough: one call at a time may find out whether they are well.
    std::vector<std::shared_ptr<instance>> on_probation;
    time_point look_again = time_point::max();
  };
  using snapshot_ptr = std::shared_ptr<const snapshot>;

  // `made` is told of every circuit of an instance, when it is made.
  using circuit_made = std::function<void(const circuit_breaker&)>;
  explicit roster(roster_options options, circuit_made made = {});

  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  snapshot_ptr current() const;
  std::atomic<std::uint64_t>& cursor() noexcept { return cursor_; }

  // The list as it is now. What is known of those that stay, stays; a name that was listed twice
  // counts once. Returns whether anything changed.
  bool set(const std::vector<instance_spec>& now_listed, time_point now);
  void reconfigure(const roster_options& options, time_point now);
  roster_options options() const;

  // What a call said, at once where it counts at once.
  void succeeded(instance& who, time_point now);
  void failed(instance& who, time_point now);
  // What an active check said.
  void checked(instance& who, bool passed, std::string detail, time_point now);
  // What time alone changes: ends of ejections and slow starts, the comparison of shares.
  void settle(time_point now);

  std::vector<instance_view> look(time_point now) const;
  std::vector<instance_spec> specs() const;

  // For discovery to say how it does.
  void heard(time_point now);
  void troubled(std::string why);
  void restored();
  source_view source() const;

 private:
  void eject(instance& who, std::string why, time_point now);
  void readmit(instance& who, time_point now, std::string_view why);
  bool compare_shares(time_point now);
  bool usable(const instance& who) const;
  void publish(time_point now, bool changed = true);
  std::optional<circuit_breaker> new_circuit(const instance_spec& spec) const;

  mutable std::mutex mutex_;
  roster_options options_;
  circuit_made made_;
  std::vector<std::shared_ptr<instance>> listed_;
  bool known_ = false;
  source_view source_;
  time_point compare_at_ = time_point::min();
  std::shared_ptr<const snapshot> current_;
  std::atomic<std::uint64_t> version_{0};
  std::atomic<std::uint32_t> in_a_row_;  // options_.ejection's, for those without the lock
  std::atomic<std::uint64_t> cursor_{0};
};

}  // namespace weir::upstream
