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

// Set once this thread's claim is gone: what still runs in the thread (destructors of other
// thread_local objects) gets a number that is never given to anyone else, so that a slot never has
// two writers.
constinit thread_local bool claim_is_over = false;

struct claim {
  std::uint32_t index = registry().take();
  ~claim() {
    claim_is_over = true;
    thread_index_plus_one = 0;
    registry().give_back(index);
  }
};

}  // namespace

std::uint32_t claim_thread_index() noexcept {
  std::uint32_t index = 0;
  if (claim_is_over) {
    index = registry().take();
  } else {
    thread_local const claim mine;
    index = mine.index;
  }
  thread_index_plus_one = index + 1;
  return index;
}

}  // namespace weir::detail
