#include "weir/base/clock.hpp"

#include "weir/base/waiter.hpp"

namespace weir {
namespace {

class machine_clock final : public clock_source {
 public:
  time_point now() const noexcept override { return clock::now(); }
};

}  // namespace

time_point now() noexcept {
  return clock::now();
}

std::chrono::system_clock::time_point wall_now() noexcept {
  return std::chrono::system_clock::now();
}

void clock_source::wait(waiter& w, time_point until) const {
  w.sleep_until(until);
}

const clock_source& steady_source() noexcept {
  static const machine_clock source;
  return source;
}

}  // namespace weir
