#include "weir/gateway/plan/explain.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

void write_ms(json::writer& w, std::string_view key, const std::optional<duration>& d) {
  w.key(key);
  if (!d) {
    w.null();
    return;
  }
  w.number(std::chrono::duration<double, std::milli>(*d).count());
}

void write_time(json::writer& w, std::string_view key, const explained_time& t) {
  w.key(key).begin_object();
  write_ms(w, "ms", t.length);
  w.key("from").string(t.length ? t.from : "the deadline");
  w.end_object();
}

void write_call(json::writer& w, const explained_call& c) {
  w.begin_object();
  w.key("service").string(c.service);
  w.key("url").string(c.url);
  w.key("method").string(c.method);
  w.key("target").string(c.target);
  write_time(w, "timeout", c.timeout);
  write_time(w, "attempt_timeout", c.attempt_timeout);
  write_time(w, "connect_timeout", c.connect_timeout);
  w.key("attempts").unsigned_integer(c.attempts);
  w.key("retry");
  c.retry.empty() ? w.null() : w.string(c.retry);
  w.key("breaker");
  c.breaker.empty() ? w.null() : w.string(c.breaker);
  w.key("hedge");
  c.hedge.empty() ? w.null() : w.string(c.hedge);
  w.key("cache");
  c.cache.empty() ? w.null() : w.string(c.cache);
  w.key("limits").begin_array();
  for (const std::string& l : c.limits) w.string(l);
  w.end_array();
  if (!c.instances.empty()) w.key("instances").string(c.instances);
  if (!c.health.empty()) w.key("health").string(c.health);
  w.end_object();
}

void write_names(json::writer& w, std::string_view key, const std::vector<std::string>& names) {
  w.key(key).begin_array();
  for (const std::string& n : names) w.string(n);
  w.end_array();
}

void write_step(json::writer& w, const explained_step& s) {
  w.begin_object();
  w.key("name").string(s.name);
  w.key("wave").unsigned_integer(s.wave);
  write_names(w, "after", s.after);
  w.key("required").boolean(s.required);
  if (!s.required) w.key("default").string(s.fallback);
  w.key("conditional").boolean(s.conditional);
  if (!s.each.empty()) {
    w.key("each").begin_object();
    w.key("over").string(s.each);
    w.key("limit").unsigned_integer(s.limit);
    w.key("max_items").unsigned_integer(s.max_items);
    w.end_object();
  }
  if (s.call) {
    w.key("call");
    write_call(w, *s.call);
  }
  w.key("worst_case").begin_object();
  write_ms(w, "ms", s.at_worst);
  write_ms(w, "done_by_ms", s.done_by);
  w.key("calls").unsigned_integer(s.calls);
  w.end_object();
  w.end_object();
}

void write(json::writer& w, const explanation& e) {
  w.begin_object();
  w.key("route").string(e.route);
  write_ms(w, "deadline_ms", e.deadline);
  if (!e.rate.empty()) w.key("rate_limit").string(e.rate);
  if (e.proxy) {
    w.key("proxy");
    write_call(w, *e.proxy);
  } else {
    w.key("steps").begin_array();
    for (const explained_step& s : e.steps) write_step(w, s);
    w.end_array();
  }
  w.key("worst_case").begin_object();
  write_ms(w, "latency_ms", e.latency);
  w.key("cut_by_deadline").boolean(e.cut_by_deadline);
  write_names(w, "critical_path", e.critical_path);
  w.key("calls").unsigned_integer(e.calls);
  w.end_object();
  w.end_object();
}

}  // namespace

std::string to_json(const explanation& e) {
  std::string out;
  json::writer w(out);
  write(w, e);
  return out + "\n";
}

std::string routes_to_json(const std::vector<explanation>& all) {
  std::string out;
  json::writer w(out);
  w.begin_array();
  for (const explanation& e : all) write(w, e);
  w.end_array();
  return out + "\n";
}

}  // namespace weir::gateway
