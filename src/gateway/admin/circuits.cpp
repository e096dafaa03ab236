#include "weir/gateway/admin/admin.hpp"
#include "weir/gateway/reply/cause.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {

std::vector<named_circuit> circuits_of(const plan& p) {
  std::vector<named_circuit> out;
  for (const auto& s : p.services) {
    if (s->circuit()) out.push_back({*s->circuit(), s.get()});
    if (!s->instances()) continue;
    const auto now_listed = s->instances()->current();  // a worker may put another in its place
    for (const auto& i : now_listed->all) {
      if (i->circuit()) out.push_back({*i->circuit(), s.get()});
    }
  }
  return out;
}

std::string circuits_json(const plan& p, time_point now) {
  std::string body;
  json::writer out(body);
  out.begin_object().key("circuits").begin_array();
  for (const auto& [circuit, s] : circuits_of(p)) {
    const circuit_snapshot c = circuit.snapshot(now);
    const auto ms = [](duration d) {
      return std::chrono::ceil<std::chrono::milliseconds>(d).count();
    };
    out.begin_object();
    out.key("name").string(c.name);
    out.key("state").string(to_string(c.state));
    out.key("failures").unsigned_integer(c.failures);
    out.key("failure_rate").number(c.failure_rate);
    out.key("slow_call_rate").number(c.slow_call_rate);
    out.key("calls").begin_object();
    out.key("successful").unsigned_integer(c.successful);
    out.key("failed").unsigned_integer(c.failed);
    out.key("ignored").unsigned_integer(c.ignored);
    out.end_object();
    out.key("window").begin_object();
    out.key("calls").unsigned_integer(c.buffered_calls);
    out.key("trip").string(s->settings().trip_text);
    out.end_object();
    out.key("not_permitted").unsigned_integer(c.not_permitted);
    out.key("time_to_probe_ms").integer(ms(c.time_to_probe));
    out.key("probes_in_flight").unsigned_integer(c.probes_in_flight);
    out.key("probes_succeeded").unsigned_integer(c.probes_succeeded);
    out.key("transitions").unsigned_integer(c.transitions);
    out.key("last_error");
    if (c.last_error.empty()) {
      out.null();
    } else {
      out.string(error_of_circuit(c.last_error));
    }
    out.end_object();
  }
  out.end_array().end_object();
  return body;
}

}  // namespace weir::gateway
