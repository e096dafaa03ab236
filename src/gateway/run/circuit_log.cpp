#include "weir/gateway/run/circuit_log.hpp"

#include <string>

#include "weir/base/duration_text.hpp"
#include "weir/base/log.hpp"
#include "weir/gateway/reply/cause.hpp"

namespace weir::gateway {
namespace {

// Every call a circuit lets through, and how it ended. Costs each call a lock, so only where
// somebody reads it.
void log_calls(const circuit_breaker& made, const std::string& name) {
  made.listen(
      circuit_event_kind::permitted | circuit_event_kind::failure | circuit_event_kind::success |
          circuit_event_kind::ignored,
      [name](const circuit_event& e) {
        const std::string state(to_string(e.to));
        switch (e.kind) {
          case circuit_event_kind::permitted:
            return log::debug("circuit lets a call through", {{"circuit", name}, {"state", state}});
          case circuit_event_kind::failure:
            return log::debug("circuit saw a failure", {{"circuit", name},
                                                        {"state", state},
                                                        {"failures", e.failures},
                                                        {"error", error_of_circuit(e.error)}});
          case circuit_event_kind::success:
            return log::debug("circuit saw a success", {{"circuit", name}, {"state", state}});
          default:
            return log::debug("circuit ignored a call", {{"circuit", name}, {"state", state}});
        }
      });
}

}  // namespace

void log_circuit(const circuit_breaker& made, const upstream::service_settings&) {
  if (log::enabled(log::level::debug)) log_calls(made, made.name());
  made.listen(circuit_event_kind::transition, [name = made.name()](const circuit_event& e) {
    if (e.from == e.to) return;  // a reset of one that was closed
    const std::string message = "circuit " + name + " " + std::string(to_string(e.from)) + " -> " +
                                std::string(to_string(e.to));
    const std::string why(to_string(e.why));
    if (e.to == circuit_mode::open) {
      log::warn(message, {{"circuit", name},
                          {"reason", why},
                          {"failures", e.failures},
                          {"open_for", format_duration(e.open_for)},
                          {"last_error", error_of_circuit(e.error)}});
    } else {
      log::info(message, {{"circuit", name}, {"reason", why}, {"failures", e.failures}});
    }
  });
}

}  // namespace weir::gateway
