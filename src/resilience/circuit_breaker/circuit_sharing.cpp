// What other processes that share a circuit have seen.

#include <algorithm>

#include "circuit_change.hpp"

namespace weir::detail {
namespace {

constexpr std::uint32_t most_at_once = 10'000;

}  // namespace

void circuit::failed_elsewhere(time_point now) {
  change([&] { state_.record_elsewhere(verdict::failure, 1, now, *this); });
}

// Into the windows as successes of this thread, which are summed with everybody's.
void circuit::succeeded_elsewhere(std::uint32_t calls, time_point now) {
  calls = std::min(calls, most_at_once);
  change([&] {
    // Of the windows as they are under the lock: a reconfiguration may just have replaced them.
    circuit_shard& mine = own_shard(*layouts_);
    const std::uint32_t generation = state_.generation();
    for (std::uint32_t i = 0; i < calls; ++i) count_in_windows(*layouts_, mine, generation, now);
    state_.record_elsewhere(verdict::ok, calls, now, *this);
  });
}

void circuit::opened_elsewhere(time_point until, std::uint64_t failures, time_point now) {
  change([&] { state_.open_elsewhere(until, failures, now); });
}

void circuit::closed_elsewhere(time_point now) {
  change([&] { state_.close_elsewhere(now); });
}

void circuit::hold_probes(bool held) {
  change([&] { state_.hold_probes(held); });
}

}  // namespace weir::detail
