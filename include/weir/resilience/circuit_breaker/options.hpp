#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/base/random.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// Whether a threshold is reached by meeting it or only by going over it.
enum class comparison : std::uint8_t { at_least, more_than };

// Trips when so many calls in succession failed; any success starts the count again.
struct failures_in_a_row {
  std::uint32_t failures = 5;  // at least 1
  friend bool operator==(const failures_in_a_row&, const failures_in_a_row&) = default;
};

// Trips when so many calls failed within the last `within`, whatever succeeded between them.
// Exact: every failure's instant is kept, at most `failures` of them. Up to 100,000.
struct failures_within {
  std::uint32_t failures = 5;
  duration within = std::chrono::seconds(10);  // above zero
  friend bool operator==(const failures_within&, const failures_within&) = default;
};

// Trips when failures/calls reaches `ratio` (in (0, 1]) over the last `within`, once at least
// `min_calls` ended in it. The window is twenty buckets: a call is forgotten between 19/20 of
// `within` and `within` after it ended.
struct failure_ratio {
  double ratio = 0.5;
  duration within = std::chrono::seconds(10);  // above zero
  std::uint32_t min_calls = 10;                // at least 1
  comparison compare = comparison::at_least;
  friend bool operator==(const failure_ratio&, const failure_ratio&) = default;
};

// Trips when the share of calls that took longer than `slower_than` reaches `ratio`; the window is
// that of failure_ratio. A call that failed slowly counts as slow too.
struct slow_ratio {
  double ratio = 0.8;                                     // in (0, 1]
  duration slower_than = std::chrono::milliseconds(500);  // above zero
  duration within = std::chrono::seconds(10);             // above zero
  std::uint32_t min_calls = 20;                           // at least 1
  comparison compare = comparison::at_least;
  friend bool operator==(const slow_ratio&, const slow_ratio&) = default;
};

// Trips when `failures` of the last `calls` failed. It may trip before so many calls were made.
struct failures_of_last {
  std::uint32_t failures = 5;  // from 1 to `calls`
  std::uint32_t calls = 10;    // from 1 to 100,000
  friend bool operator==(const failures_of_last&, const failures_of_last&) = default;
};

// Trips when failures/calls reaches `ratio` over the last `calls`, once at least `min_calls` of
// them were made (0: all of them).
struct failure_ratio_of_last {
  double ratio = 0.5;         // in (0, 1]
  std::uint32_t calls = 100;  // from 1 to 100,000
  std::uint32_t min_calls = 0;
  comparison compare = comparison::at_least;
  friend bool operator==(const failure_ratio_of_last&, const failure_ratio_of_last&) = default;
};

// Cuts the last `within` into ten buckets; one is bad when failures/calls in it reaches `ratio` (in
// (0, 1]). Trips when ten buckets hold calls and all are bad, so a short burst of failures does not
// trip it. While recovering by a ramp (half_open.ramp) it trips again when the share of bad buckets
// reaches ratio/2. This is aiomisc's rule. Buckets begin at whole multiples of within/10 of the
// clock, and a call counts in the one it began in.
struct failing_buckets {
  double ratio = 0.5;
  duration within = std::chrono::seconds(10);  // at least a microsecond
  friend bool operator==(const failing_buckets&, const failing_buckets&) = default;
};

// Any one of the rules by which a circuit opens.
using trip_rule = std::variant<failures_in_a_row, failures_within, failure_ratio, slow_ratio,
                               failures_of_last, failure_ratio_of_last, failing_buckets>;

// One rule, or several of which any trips: `.trip = {failures_in_a_row{5}, failure_ratio{}}`.
class trip_rules {
 public:
  template <class Rule>
    requires std::is_constructible_v<trip_rule, Rule>
  trip_rules(Rule rule) : rules_{trip_rule(std::move(rule))} {}  // NOLINT: reads as one rule
  trip_rules(std::initializer_list<trip_rule> rules) : rules_(rules) {}
  explicit trip_rules(std::vector<trip_rule> rules) : rules_(std::move(rules)) {}

  const std::vector<trip_rule>& all() const noexcept { return rules_; }
  friend bool operator==(const trip_rules&, const trip_rules&) = default;

 private:
  std::vector<trip_rule> rules_;
};

// Open longer each time a probe fails: first, first·factor, … up to longest. Closing starts over.
struct growing {
  duration first = std::chrono::seconds(1);     // above zero
  duration longest = std::chrono::seconds(60);  // at least `first`
  double factor = 2.0;                          // at least 1
};

// How long a circuit stays open before it lets a probe through: a constant, growing{}, or a
// function of how many times it has opened in succession (1, 2, …).
class open_time {
 public:
  // Called under the circuit's lock: it must neither throw nor use the circuit.
  using function = std::function<duration(std::uint32_t times)>;

  template <class Rep, class Period>
  open_time(std::chrono::duration<Rep, Period> constant)  // NOLINT: `.open_for = 5s`
      : first_(constant), longest_(constant) {}
  open_time(growing g) : first_(g.first), longest_(g.longest), factor_(g.factor) {}  // NOLINT
  open_time(function f)                                                              // NOLINT
      : function_(std::make_shared<const function>(std::move(f))) {}

  // The time after the `times`-th opening in succession, never negative.
  duration after(std::uint32_t times) const;
  duration first() const noexcept { return first_; }
  duration longest() const noexcept { return longest_; }
  double factor() const noexcept { return factor_; }
  bool is_function() const noexcept { return function_ != nullptr; }

  friend bool operator==(const open_time&, const open_time&) = default;

 private:
  duration first_{};
  duration longest_{};
  double factor_ = 1.0;
  std::shared_ptr<const std::function<duration(std::uint32_t)>> function_;
};

// As half_open_options::permits: no limit on the probes in flight.
inline constexpr std::uint32_t everyone = std::numeric_limits<std::uint32_t>::max();

// How a circuit finds out whether it may close.
struct half_open_options {
  std::uint32_t permits = 1;    // probes in flight at a time
  std::uint32_t successes = 0;  // needed to close; 0: as many as permits (everyone: 1)
  std::uint32_t of = 0;         // …out of so many verdicts; 0: of as many, so one failure reopens
  // After so long without a decision the circuit opens again, so that a probe that never reports
  // cannot hold it for ever. Zero: no limit.
  duration longest_wait = std::chrono::seconds(60);
  // Above zero: recover by a ramp instead of by permits. A call is admitted with a probability that
  // grows from none to all over this time: if 1 + U < 2^(t/ramp), U uniform in [0, 1). Then it is
  // closed, unless ramp_ratio or more of at least ramp_min_calls of those admitted failed.
  duration ramp = duration::zero();
  double ramp_ratio = 0.5;           // in (0, 1]
  std::uint32_t ramp_min_calls = 5;  // fewer do not reopen

  std::uint32_t successes_needed() const noexcept {
    if (successes != 0) return successes;
    return permits == everyone ? 1 : permits;
  }
  std::uint32_t verdicts() const noexcept { return of == 0 ? successes_needed() : of; }

  friend bool operator==(const half_open_options&, const half_open_options&) = default;
};

// At the exact end of the open time: is a call a probe already, or the last to be rejected?
enum class reopening : std::uint8_t { inclusive, exclusive };

// From where the open time runs: from the verdict that tripped, or from the start of that call.
enum class open_since : std::uint8_t { verdict, call_start };

// What a verdict `ignored` does: nothing at all, or the same as a success. A call that was
// withdrawn, cancelled or forgotten does nothing either way.
enum class ignored_as : std::uint8_t { nothing, success };

// When time alone changes the state: as soon as anybody looks, or only when a call comes.
enum class evaluation : std::uint8_t { on_read, on_call };

// A circuit breaker's options. Value type; every field has a default that is fit for use.
struct circuit_options {
  std::string name = {};                         // for events, reports and metrics
  trip_rules trip = failures_in_a_row{};         // when it opens
  open_time open_for = std::chrono::seconds(5);  // until a probe may go through
  half_open_options half_open = {};              // how it closes again
  reopening reopens = reopening::inclusive;      // the edge of the open time
  open_since since = open_since::verdict;        // its beginning
  ignored_as ignored = ignored_as::nothing;      // what ignored calls count as
  evaluation evaluated = evaluation::on_read;    // who notices that time is over
  // It does not trip for so long after it closed from half-open.
  duration closed_at_least = duration::zero();
  // Where a ramp's chance comes from; null: each thread's own. Asked under the circuit's lock; must
  // outlive the circuit.
  random_source* random = nullptr;
  // Where the faces without a `now` argument read the time; null: the machine's clock. Must outlive
  // the circuit.
  const clock_source* time = nullptr;

  option_problems validate() const;
  friend bool operator==(const circuit_options&, const circuit_options&) = default;
};

}  // namespace weir
