#include "weir/resilience/fault_injector/fault_injector.hpp"

#include <atomic>
#include <mutex>

#include "weir/base/duration_text.hpp"

namespace weir {
namespace {

struct fault_slot {
  time_point until;
  bool fails;
};

std::string percent(double share) {
  std::string text = std::to_string(share * 100);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " %";
}

}  // namespace

option_problems faults::validate() const {
  option_problems found;
  if (!(errors >= 0 && errors <= 1)) found.push_back({"errors", "must be from 0 to 1 (100%)"});
  if (!(delayed >= 0 && delayed <= 1)) found.push_back({"delayed", "must be from 0 to 1 (100%)"});
  if (delay < duration::zero()) found.push_back({"delay", "cannot be negative"});
  return found;
}

class fault_injector::shared {
 public:
  explicit shared(faults what) : what_(what) {}
  void set(faults what) {
    const std::lock_guard lock(mutex_);
    what_ = what;
  }
  faults get() const {
    const std::lock_guard lock(mutex_);
    return what_;
  }

  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> delayed{0};

 private:
  mutable std::mutex mutex_;
  faults what_;
};

class fault_injector::fault_layer final : public layer {
 public:
  explicit fault_layer(std::shared_ptr<shared> of) : of_(std::move(of)) {}

  decision enter(slot& s, context& c, outcome& turned_back) const override {
    const faults now = of_->get();
    auto& mine = s.make<fault_slot>();
    mine.until = c.now;
    if (c.random.unit() < now.delayed) {
      of_->delayed.fetch_add(1, std::memory_order_relaxed);
      mine.until = saturating_add(c.now, now.delay);
    }
    mine.fails = c.random.unit() < now.errors;
    return resume(s, c, turned_back);
  }

  decision resume(slot& s, context& c, outcome& turned_back) const override {
    const auto& mine = s.as<fault_slot>();
    if (c.now < mine.until) return decision::wait(mine.until);
    if (!mine.fails) return decision::proceed();
    of_->failed.fetch_add(1, std::memory_order_relaxed);
    const faults now = of_->get();
    turned_back = outcome::failure(now.why, now.retryable);
    turned_back.detail = "an injected fault";
    return decision::finish();
  }

  decision leave(slot&, context&, outcome&) const override { return decision::proceed(); }
  void abandon(slot&, const context&, verdict) const noexcept override {}

  std::string text() const override {
    const faults now = of_->get();
    return "faults: " + percent(now.errors) + " fail, " + percent(now.delayed) + " wait " +
           format_duration(now.delay);
  }
  worst_case worst(worst_case inside) const override {
    const duration wait = of_->get().delay;
    const bool fits = inside.time <= duration::max() - wait;
    return {inside.attempts, fits ? inside.time + wait : duration::max()};
  }

 private:
  const std::shared_ptr<shared> of_;
};

fault_injector::fault_injector(faults what) {
  require_valid("fault injector", what.validate());
  shared_ = std::make_shared<shared>(what);
}

void fault_injector::set(faults what) const {
  require_valid("fault injector", what.validate());
  shared_->set(what);
}

faults fault_injector::get() const {
  return shared_->get();
}

fault_injector::view fault_injector::look() const noexcept {
  return {shared_->failed.load(std::memory_order_relaxed),
          shared_->delayed.load(std::memory_order_relaxed)};
}

layer_ptr as_layer(const fault_injector& f) {
  return std::make_shared<const fault_injector::fault_layer>(f.shared_);
}

}  // namespace weir
