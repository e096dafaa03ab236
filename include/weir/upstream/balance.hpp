#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/base/random.hpp"
#include "weir/upstream/instance.hpp"

namespace weir::upstream {

// How one of several instances is chosen.
enum class balance : std::uint8_t {
  least_requests,  // the one with fewer calls in flight, of two drawn by chance (Mitzenmacher,
                   // 2001)
  round_robin,     // in turn, for the process
  weighted,        // by chance, in proportion to the weights
  peak_ewma,       // the one with the lower latency times calls in flight, of two (Finagle)
  maglev,          // the same for the same key (Eisenbud et al., NSDI 2016), with bounded loads
                   // (Mirrokni, Thorup and Zadimoghaddam, 2018)
};

std::string_view to_string(balance b) noexcept;

// One that may be chosen.
struct candidate {
  std::shared_ptr<instance> who;
  std::uint32_t weight = 1;
  time_point ramp_from = time_point::min();
};

// What the choice needs of a list of candidates, worked out once for each list: a pick costs the
// same for 3 as for 1,000. Immutable.
class picking_table {
 public:
  picking_table() = default;
  picking_table(balance how, std::vector<candidate> from, duration slow_start);

  const std::vector<candidate>& candidates() const noexcept { return candidates_; }
  std::size_t size() const noexcept { return candidates_.size(); }
  balance how() const noexcept { return how_; }

  // A candidate by chance, in proportion to the weights.
  std::size_t draw(random_source& random) const noexcept;
  // The candidate whose turn it is: every candidate as often as its weight says in each cycle, as
  // far apart as can be (nginx's smooth weighted round robin).
  std::size_t turn(std::uint64_t number) const noexcept;
  // The candidate that a key belongs to, and where its table is left for the next one.
  std::size_t of_key(std::uint64_t place) const noexcept { return maglev_[place % maglev_.size()]; }
  std::size_t places() const noexcept { return maglev_.size(); }

  // The share of its load that a candidate takes at `now`: less than one in its slow start.
  double share(std::size_t i, time_point now) const noexcept;
  bool ramps() const noexcept { return ramps_; }

 private:
  void make_alias();
  void make_sequence();
  void make_maglev();

  // Vose's alias method: draws in O(1).
  struct alias {
    double keep = 1;  // stay with this one below, else take the other
    std::uint32_t other = 0;
  };

  balance how_ = balance::least_requests;
  std::vector<candidate> candidates_;
  duration slow_start_{};
  bool ramps_ = false;
  std::vector<alias> alias_;             // empty: all weights are the same
  std::vector<std::uint32_t> sequence_;  // likewise
  std::vector<std::uint32_t> maglev_;
};

// What one worker knows of an instance's load.
struct lane_load {
  std::uint32_t in_flight = 0;
  double latency = 0;  // nanoseconds, a moving average that follows peaks at once; 0: not known
  time_point latency_at{};

  void observe(duration took, time_point now) noexcept;
  // Expected wait: its latency, forgotten by and by, times those that are before you.
  double cost(time_point now) const noexcept;
};

// The loads of a worker, by instance::slot(). Those beyond the end have none.
class lane_loads {
 public:
  virtual const lane_load* load_of(std::uint32_t slot) const noexcept = 0;
  virtual std::uint32_t in_flight() const noexcept = 0;  // of all

 protected:
  ~lane_loads() = default;
};

// One choice. `tried` are instances that are not to be chosen again while there is another.
struct choice {
  const picking_table& from;
  const lane_loads& loads;
  random_source& random;
  time_point now;
  std::atomic<std::uint64_t>& cursor;  // of round robin, for the process
  std::uint64_t key = 0;               // of maglev
  std::span<const instance* const> tried = {};
};

constexpr std::size_t no_candidate = static_cast<std::size_t>(-1);

// The index of a candidate, or no_candidate when all were tried.
std::size_t choose(const choice& c) noexcept;

// A good spread of a key's bytes, the same in every process and version (FNV-1a and a finalizer).
std::uint64_t hash_key(std::string_view text) noexcept;

}  // namespace weir::upstream
