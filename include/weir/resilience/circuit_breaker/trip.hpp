#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "weir/resilience/circuit_breaker/options.hpp"
#include "weir/resilience/window.hpp"

namespace weir::detail {

// What a rule asks about the successes, which are counted apart from it (in shards, by the threads
// that saw them).
class success_counts {
 public:
  virtual ~success_counts() = default;
  // In the window that ends with `epoch`.
  virtual std::uint64_t successes(std::size_t window, std::uint64_t epoch) const noexcept = 0;
};

// A finished call, as the trip rules see it.
struct call_record {
  time_point now;
  duration took;
  bool failed;
  time_point started() const noexcept { return now - took; }
};

// What a rule sees in its window.
struct trip_view {
  std::uint64_t bad = 0;    // failures, or slow calls
  std::uint64_t calls = 0;  // all that it looks at
  double rate = -1;         // bad/calls, -1 under the least number
  bool trips = false;
};

// The run-time sides of the trip rules: each records calls and says what it sees. None knows of
// time but by argument, of locks or of other rules. Not thread-safe.

class row_rule {
 public:
  explicit row_rule(const failures_in_a_row& o) noexcept : least_(o.failures) {}
  void record(const call_record& c, window_grid*) noexcept { row_ = c.failed ? row_ + 1 : 0; }
  trip_view view(time_point, window_grid*, const success_counts&) noexcept {
    return {row_, row_, -1, row_ >= least_};
  }
  void clear() noexcept { row_ = 0; }
  // A success now would change something.
  bool minds_success() const noexcept { return row_ != 0; }

 private:
  std::uint32_t least_;
  std::uint64_t row_ = 0;
};

// Keeps the instants of the last `failures` failures in a ring: it trips when the oldest of them is
// within the window.
class within_rule {
 public:
  explicit within_rule(const failures_within& o) noexcept : within_(o.within), least_(o.failures) {}
  void record(const call_record& c, window_grid*);
  trip_view view(time_point now, window_grid*, const success_counts&) noexcept;
  void clear() noexcept { held_ = 0; }
  bool minds_success() const noexcept { return false; }

 private:
  duration within_;
  std::uint32_t least_;
  std::uint32_t next_ = 0;
  std::uint32_t held_ = 0;
  std::unique_ptr<time_point[]> at_;
};

// failure_ratio and slow_ratio: marks in a ring of buckets against the successes of the same
// window.
class ratio_rule {
 public:
  ratio_rule(const failure_ratio& o, std::uint32_t buckets) noexcept
      : failures_(buckets), ratio_(o.ratio), min_calls_(o.min_calls), compare_(o.compare) {}
  ratio_rule(const slow_ratio& o, std::uint32_t buckets)
      : failures_(buckets),
        slow_(std::make_unique<bucket_ring>(buckets)),
        slower_than_(o.slower_than),
        ratio_(o.ratio),
        min_calls_(o.min_calls),
        compare_(o.compare) {}
  void record(const call_record& c, window_grid* grid);
  trip_view view(time_point now, window_grid* grid, const success_counts& successes) noexcept;
  void clear() noexcept {
    failures_.clear();
    if (slow_) slow_->clear();
  }
  bool minds_success() const noexcept { return false; }
  bool watches_time() const noexcept { return slower_than_ != duration::max(); }
  std::uint64_t bad(std::uint64_t epoch) noexcept {
    return watches_time() ? slow_->total(epoch) : failures_.total(epoch);
  }
  std::size_t window = 0;

 private:
  bucket_ring failures_;
  std::unique_ptr<bucket_ring> slow_;  // where it watches time
  duration slower_than_ = duration::max();
  double ratio_;
  std::uint32_t min_calls_;
  comparison compare_;
};

// failures_of_last and failure_ratio_of_last: the last calls as a ring of bits.
class last_rule {
 public:
  explicit last_rule(const failures_of_last& o)
      : bits_((o.calls + 63) / 64), size_(o.calls), least_failures_(o.failures), min_calls_(1) {}
  explicit last_rule(const failure_ratio_of_last& o)
      : bits_((o.calls + 63) / 64),
        size_(o.calls),
        ratio_(o.ratio),
        min_calls_(o.min_calls == 0 ? o.calls : o.min_calls),
        compare_(o.compare) {}
  void record(const call_record& c, window_grid*) noexcept;
  trip_view view(time_point, window_grid*, const success_counts&) noexcept;
  void clear() noexcept;
  bool minds_success() const noexcept { return true; }

 private:
  std::vector<std::uint64_t> bits_;
  std::uint32_t size_;
  std::uint32_t next_ = 0;
  std::uint32_t held_ = 0;
  std::uint32_t failed_ = 0;
  std::uint32_t least_failures_ = 0;
  double ratio_ = 0;
  std::uint32_t min_calls_;
  comparison compare_ = comparison::at_least;
};

// failing_buckets: the ten last buckets that hold calls.
class bucket_rule {
 public:
  explicit bucket_rule(const failing_buckets& o) noexcept
      : width_(std::max<std::int64_t>(1, o.within.count() / count)), ratio_(o.ratio) {}
  void record(const call_record& c, window_grid*);
  trip_view view(time_point now, window_grid*, const success_counts&) noexcept;
  // Bad buckets of those that hold calls, and are in the window.
  double share(time_point now) const noexcept;
  bool recovery_failed(time_point now) const noexcept { return share(now) >= ratio_ / 2; }
  void clear() noexcept { buckets_.clear(); }
  bool minds_success() const noexcept { return true; }

 private:
  static constexpr std::int64_t count = 10;
  struct bucket {
    std::int64_t number;
    std::uint32_t calls;
    std::uint32_t failed;
  };
  std::int64_t number(time_point t) const noexcept { return t.time_since_epoch().count() / width_; }
  bool bad(const bucket& b) const noexcept {
    return static_cast<double>(b.failed) / b.calls >= ratio_;
  }

  std::int64_t width_;
  double ratio_;
  std::vector<bucket> buckets_;  // the newest is last; each holds calls
};

bool reaches(double rate, double threshold, comparison how) noexcept;

}  // namespace weir::detail
