#pragma once

#include <mutex>
#include <set>
#include <string>

namespace weir::upstream {

// The names that could not be resolved when last asked for, so that of all workers, which each ask
// for themselves, one says so. Thread-safe.
class name_troubles {
 public:
  // True for the first who finds it so.
  bool begin(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return hosts_.insert(host).second;
  }
  // True for the first who finds it over.
  bool end(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return hosts_.erase(host) != 0;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> hosts_;
};

}  // namespace weir::upstream
