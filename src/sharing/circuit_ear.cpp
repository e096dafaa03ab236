#include "circuit_ear.hpp"

#include <mutex>
#include <utility>

namespace weir::sharing {

struct circuit_ear::gate {
  std::function<void(const circuit_event&)> heard;  // the loop's thread alone
  std::mutex mutex;
  io::loop* loop = nullptr;  // under the mutex; null when the ear is gone
};

circuit_ear::circuit_ear(io::loop& on, const circuit_breaker& of,
                         std::function<void(const circuit_event&)> heard)
    : gate_(std::make_shared<gate>()), of_(of) {
  gate_->heard = std::move(heard);
  gate_->loop = &on;
  listener_ = of_.listen(circuit_event_kind::transition | circuit_event_kind::failure,
                         [g = gate_](const circuit_event& e) {
                           const std::lock_guard lock(g->mutex);
                           if (!g->loop) return;
                           g->loop->post([g, e] {
                             if (g->heard) g->heard(e);
                           });
                         });
}

circuit_ear::~circuit_ear() {
  gate_->heard = {};
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->loop = nullptr;
  }
  of_.unlisten(listener_);
}

}  // namespace weir::sharing
