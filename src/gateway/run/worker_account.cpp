// What a worker writes down: statistics, access lines, attempts.

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "weir/gateway/reply/problem.hpp"
#include "weir/gateway/run/worker.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

void append_now(std::string& to, std::int64_t unix_seconds) {
  const auto at = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  ::gmtime_r(&at, &utc);
  char text[32];
  to.append(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc));
}

}  // namespace

worker_stats worker::stats() const {
  worker_stats out = stats_;
  const auto add = [&out](const http::server& one) {
    out.connections += one.connections();
    out.active += one.active_exchanges();
  };
  for (const listening& l : listening_) add(*l.by);
  for (const auto& one : leaving_) add(*one);
  return out;
}

void worker::finished(const request_context& request, int status, cause why, std::uint64_t bytes) {
  const duration took = loop_.now() - request.began;
  // A partial answer is an answer: its causes are in its header and in the access log. One that was
  // broken off is none, whatever its head said.
  const bool answered = status < 400 && !request.cut;
  stats_.server.record(subject_of(request.route), http::to_string(request.verb), status,
                       answered ? std::string_view() : to_string(why), took);
  if (!access_log_) return;

  std::string line;
  json::writer out(line);
  std::string time;
  append_now(time, loop_.unix_seconds());
  out.begin_object();
  out.key("time").string(time);
  out.key("client").string(request.log_client);
  out.key("method").string(request.log_method);
  out.key("path").string(request.log_target);
  if (request.route) out.key("route").string(request.route->name);
  out.key("status").integer(status);
  const bool bodiless = request.verb == http::method::head || status == 204 || status == 304;
  out.key("bytes").unsigned_integer(bodiless ? 0 : bytes);
  out.key("duration_ms")
      .number(std::chrono::duration<double, std::milli>(
                  std::chrono::round<std::chrono::microseconds>(took))
                  .count());
  out.key("trace_id").string(request.trace_text());
  if (why != cause::none) out.key("cause").string(cause_text(why, request.upstream_status));
  out.end_object();
  access_log_->write(line);
}

void worker::say_why_it_failed(const upstream::service& to, std::string_view detail) {
  if (detail.empty() || !log::enabled(log::level::debug)) return;
  log::debug("attempt failed", {{"service", to.name()}, {"reason", detail}});
}

void worker::attempt_ended(const upstream::service& to, const upstream::passage& way,
                           http::method verb, std::string_view target, int status, cause why,
                           verdict counts, duration took) {
  const std::string_view method = http::to_string(verb);
  // A status speaks for itself.
  stats_.client.record(to.index(), method, status,
                       why == cause::bad_status ? std::string_view() : to_string(why), took);
  if (stats_.verdicts.size() <= to.index()) stats_.verdicts.resize(to.index() + 1);
  stats_.verdicts[to.index()][static_cast<std::size_t>(counts)].record(took);
  if (!log::enabled(log::level::debug)) return;
  const upstream::service_settings& s = to.settings();
  std::string url = s.tls ? "https://" : "http://";
  const std::string_view instance = way.instance_key();
  url.append(instance.empty() ? std::string_view(s.authority) : instance).append(target);
  log::debug("upstream attempt", {{"service", to.name()},
                                  {"method", method},
                                  {"url", url},
                                  {"status", status},
                                  {"ms", std::chrono::duration<double, std::milli>(took).count()},
                                  {"cause", std::string_view(cause_text(why, status))}});
}

void worker::count_partial(const route_plan& route) {
  const std::uint32_t subject = subject_of(&route);
  if (subject < worker_stats::first_route) return;
  const std::size_t index = subject - worker_stats::first_route;
  if (stats_.partial.size() <= index) stats_.partial.resize(index + 1);
  ++stats_.partial[index];
}

std::uint32_t worker::subject_of(const route_plan* route) const {
  if (!route) return worker_stats::no_route;
  const plan& p = *current_->of;
  if (route->index < p.routes.size() && &p.routes[route->index] == route) {
    return worker_stats::first_route + route->index;
  }
  // Of a request that began before a reload.
  const auto found = std::find_if(p.routes.begin(), p.routes.end(),
                                  [&](const route_plan& r) { return r.name == route->name; });
  return found == p.routes.end() ? worker_stats::routes_gone
                                 : worker_stats::first_route + found->index;
}

// What was counted of a route stays its own, wherever the next plan has it.
void worker::renumber_routes(const plan& before, const plan& next) {
  std::map<std::string_view, std::uint32_t> by_name;
  for (const route_plan& r : next.routes) by_name.emplace(r.name, r.index);
  std::vector<std::uint32_t> to{worker_stats::no_route, worker_stats::routes_gone};
  std::vector<std::uint64_t> partial(next.routes.size());
  for (const route_plan& r : before.routes) {
    const auto now = by_name.find(r.name);
    if (now == by_name.end()) {
      to.push_back(worker_stats::routes_gone);
      continue;
    }
    to.push_back(worker_stats::first_route + now->second);
    if (r.index < stats_.partial.size()) partial[now->second] = stats_.partial[r.index];
  }
  stats_.server.renumber(to);
  stats_.partial = std::move(partial);
}

void worker::count_rejected(int status, std::string_view detail, const io::address& from) {
  ++stats_.rejected;
  stats_.server.record(0, http::to_string(http::method::other), status,
                       to_string(cause::bad_request), duration::zero());
  if (log::enabled(log::level::debug)) {
    log::debug("request refused",
               {{"status", status}, {"reason", detail}, {"client", from.to_string()}});
  }
  if (!access_log_) return;
  std::string line;
  std::string time;
  append_now(time, loop_.unix_seconds());
  json::writer out(line);
  out.begin_object().key("time").string(time).key("client").string(from.ip());
  out.key("status").integer(status).key("cause").string("bad_request");
  out.key("detail").string(detail).end_object();
  access_log_->write(line);
}

}  // namespace weir::gateway
