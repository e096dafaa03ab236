#include "systems/common/workers.hpp"

namespace weir::systems {

namespace {

constexpr std::size_t longest_queue = 256;

}  // namespace

workers::workers(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

workers::~workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  wake_.notify_all();
  for (std::thread& t : threads_) t.join();
}

bool workers::run(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= longest_queue) return false;
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

void workers::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const std::function<void()> next = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    next();
  }
}

}  // namespace weir::systems
