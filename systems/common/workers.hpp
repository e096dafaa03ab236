#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weir::systems {

// Threads for work that blocks. At most 256 pieces wait; more are refused. Destroying it drops what
// waits and joins what runs.
class workers {
 public:
  explicit workers(unsigned threads);
  ~workers();

  bool run(std::function<void()> work);  // false: too much is waiting; any thread

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::systems
