#include "mutex_breaker.hpp"

namespace weir::bench {

using namespace std::chrono_literals;

bool mutex_breaker::try_acquire(time_point now) {
  const std::lock_guard lock(mutex_);
  if (open_ && now < until_) return false;
  open_ = false;
  return true;
}

void mutex_breaker::record(bool failed, time_point now) {
  const std::lock_guard lock(mutex_);
  const std::int64_t epoch = now.time_since_epoch() / 500ms;
  bucket& b = buckets_[epoch % 20];
  if (b.epoch != epoch) b = {epoch, 0, 0};
  ++(failed ? b.bad : b.good);
  if (!failed) return;
  std::uint64_t good = 0, bad = 0;
  for (const bucket& each : buckets_) {
    if (each.epoch <= epoch - 20) continue;
    good += each.good;
    bad += each.bad;
  }
  if (good + bad >= 10 && bad * 2 >= good + bad) {
    open_ = true;
    until_ = now + open_for_;
  }
}

}  // namespace weir::bench
