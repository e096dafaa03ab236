#include "weir/resilience/retry/retry_budget.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "weir/resilience/sharded.hpp"
#include "weir/resilience/window.hpp"

namespace weir {
namespace {

// The first attempts of one thread, alone on its cache lines.
struct alignas(64) budget_shard {
  detail::window_shard window;
};

constexpr std::uint32_t era = 1;  // a budget never starts over

}  // namespace

struct retry_budget::shared {
  explicit shared(const retry_budget_options& o)
      : options(o),
        grid(o.within, detail::most_buckets),
        always(o.floor * std::chrono::duration<double>(o.within).count()) {}

  std::uint64_t first_attempts(std::uint64_t epoch) const noexcept {
    std::uint64_t sum = 0;
    shards.for_each(
        [&](const budget_shard& s) { sum += s.window.total(epoch, era, grid.buckets()); });
    return sum;
  }

  const retry_budget_options options;
  detail::window_grid grid;
  const double always;
  detail::sharded<budget_shard> shards;
  std::mutex mutex;
  // One bucket more than first attempts have: of these up to a bucket too few count, of the retries
  // none, so no `within`, wherever it begins, has more of them than its share.
  detail::bucket_ring retries{detail::most_buckets + 1};
};

option_problems retry_budget_options::validate() const {
  option_problems found;
  if (!(ratio >= 0 && ratio <= 1000)) {
    found.push_back({"ratio", "must be from 0 to 1000 retries for each first attempt"});
  }
  if (!(floor >= 0 && std::isfinite(floor))) {
    found.push_back({"floor", "cannot be negative"});
  }
  if (within <= duration::zero()) found.push_back({"within", "must be above zero"});
  return found;
}

retry_budget::retry_budget(retry_budget_options options) {
  require_valid("retry budget", options.validate());
  shared_ = std::make_shared<shared>(options);
}

void retry_budget::first_attempt(time_point now) const noexcept {
  shared& s = *shared_;
  budget_shard* mine = s.shards.find();
  if (!mine) [[unlikely]] {
    const std::lock_guard lock(s.mutex);
    // Without memory for a shard the process ends, as everywhere where nobody could be told.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new)
    mine = &s.shards.add([] { return new budget_shard; });
  }
  if (!mine->window.try_add(now, era)) mine->window.turn_and_add(now, era, s.grid);
}

bool retry_budget::try_retry(time_point now) const noexcept {
  shared& s = *shared_;
  const std::lock_guard lock(s.mutex);
  const std::uint64_t epoch = s.grid.epoch(now);
  const double allowed = s.options.ratio * static_cast<double>(s.first_attempts(epoch)) + s.always;
  // The sum is of decimals that binary cannot hold: 0.1 × 10 must allow one.
  if (static_cast<double>(s.retries.total(epoch)) + 1 > allowed + 1e-9) return false;
  s.retries.add(epoch);
  return true;
}

retry_budget::view retry_budget::look(time_point now) const noexcept {
  shared& s = *shared_;
  const std::lock_guard lock(s.mutex);
  const std::uint64_t epoch = s.grid.epoch(now);
  view v;
  v.first_attempts = s.first_attempts(epoch);
  v.retries = s.retries.total(epoch);
  v.left = std::max(0.0, s.options.ratio * static_cast<double>(v.first_attempts) + s.always -
                             static_cast<double>(v.retries));
  return v;
}

const retry_budget_options& retry_budget::options() const noexcept {
  return shared_->options;
}

}  // namespace weir
