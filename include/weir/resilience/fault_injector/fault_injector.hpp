#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "weir/resilience/pipeline/layer.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// What a fault_injector does to calls. Value type; the ranges are checked by validate().
struct faults {
  double errors = 0;   // this share of the calls fails without being sent, in [0, 1]
  double delayed = 0;  // this share waits first, in [0, 1]; it may fail after that
  duration delay = std::chrono::milliseconds(100);  // how long it waits; not negative
  cause why = cause::reset;                         // what the failures say
  bool retryable = true;                            // whether they may be tried again

  option_problems validate() const;
  friend bool operator==(const faults&, const faults&) = default;
};

// Makes calls fail and wait, by chance: to rehearse an outage with the policies that are to stand
// it. Innermost, in the place of the trouble. It may be changed while calls go on; without faults
// it does nothing. A handle: copies share the faults. Thread-safe.
class fault_injector {
 public:
  // Throws std::invalid_argument that names every problem.
  explicit fault_injector(faults what = {});
  // From the next call on. Throws like the constructor.
  void set(faults what) const;
  faults get() const;

  // What look() sees, for people and metrics.
  struct view {
    std::uint64_t failed = 0;  // since it was made
    std::uint64_t delayed = 0;
  };
  view look() const noexcept;

  friend bool operator==(const fault_injector&, const fault_injector&) noexcept = default;
  friend layer_ptr as_layer(const fault_injector& f);

 private:
  class shared;
  class fault_layer;
  std::shared_ptr<shared> shared_;
};

}  // namespace weir
