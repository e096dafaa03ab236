#include "weir/gateway/run/circuit_log.hpp"

#include <string>

#include "weir/base/duration_text.hpp"
#include "weir/base/log.hpp"

namespace weir::gateway {

void log_circuit(const circuit_breaker& made, const upstream::service_settings& of) {
  made.listen(circuit_event_kind::transition, [name = of.name](const circuit_event& e) {
    const std::string message = "circuit " + name + " " + std::string(to_string(e.from)) + " -> " +
                                std::string(to_string(e.to));
    const std::string why(to_string(e.why));
    if (e.to == circuit_mode::open) {
      log::warn(message, {{"circuit", name},
                          {"reason", why},
                          {"failures", e.failures},
                          {"open_for", format_duration(e.open_for)},
                          {"last_error", e.error}});
    } else {
      log::info(message, {{"circuit", name}, {"reason", why}, {"failures", e.failures}});
    }
  });
}

}  // namespace weir::gateway
