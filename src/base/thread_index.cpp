#include "weir/base/thread_index.hpp"

#include <mutex>
#include <vector>

namespace weir::detail {
namespace {

// The numbers given back, as a bitmap so that giving one back at a thread's end cannot fail for
// want of memory, and so that the lowest free one is taken first: arrays stay short.
class index_registry {
 public:
  std::uint32_t take() {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < used_.size(); ++i) {
      if (!used_[i]) {
        used_[i] = true;
        return i;
      }
    }
    used_.push_back(true);
    return static_cast<std::uint32_t>(used_.size() - 1);
  }
  void give_back(std::uint32_t index) noexcept {
    const std::lock_guard lock(mutex_);
    used_[index] = false;
  }

 private:
  std::mutex mutex_;
  std::vector<bool> used_;
};

index_registry& registry() {
  // Never destroyed: threads may end after the statics are gone.
  static auto* const instance = new index_registry;
  return *instance;
}

struct claim {
  std::uint32_t index = registry().take();
  ~claim() {
    thread_index_plus_one = 0;
    registry().give_back(index);
  }
};

}  // namespace

std::uint32_t claim_thread_index() noexcept {
  thread_local const claim mine;
  thread_index_plus_one = mine.index + 1;
  return mine.index;
}

}  // namespace weir::detail
