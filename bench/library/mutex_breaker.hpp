#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace weir::bench {

// What one would write in an afternoon, to compare with: a lock, twenty buckets of half a second
// and a sum of them when a call fails.
class mutex_breaker {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  explicit mutex_breaker(std::chrono::seconds open_for = std::chrono::seconds(5))
      : open_for_(open_for) {}
  bool try_acquire(time_point now);
  void record(bool failed, time_point now);

 private:
  struct bucket {
    std::int64_t epoch = -1;
    std::uint32_t good = 0, bad = 0;
  };
  std::chrono::seconds open_for_;
  std::mutex mutex_;
  bucket buckets_[20];
  bool open_ = false;
  time_point until_{};
};

}  // namespace weir::bench
