#include "weir/gateway/run/worker.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "weir/gateway/reply/problem.hpp"
#include "weir/gateway/run/composition.hpp"
#include "weir/gateway/run/proxied.hpp"
#include "weir/gateway/run/rate_check.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

class rejection_counter final : public http::server_observer {
 public:
  explicit rejection_counter(worker& on) noexcept : worker_(on) {}
  void on_rejected(int status, std::string_view detail, const io::address& from) override {
    worker_.count_rejected(status, detail, from);
  }

 private:
  worker& worker_;
};

// Same place, same limits: what is connected may stay.
bool same_connections(const upstream::service& before, const upstream::service& after) {
  const upstream::service_settings& a = before.settings();
  const upstream::service_settings& b = after.settings();
  // A roster takes over its new options itself.
  return before.instances() == after.instances() && a.server_name == b.server_name &&
         a.host == b.host && a.port == b.port && a.tls == b.tls && a.ca_file == b.ca_file &&
         a.ca_content == b.ca_content && a.verify == b.verify && a.authority == b.authority &&
         a.pool.connections == b.pool.connections &&
         a.pool.idle_connections == b.pool.idle_connections && a.pool.waiting == b.pool.waiting &&
         a.pool.pipelining == b.pool.pipelining;
}

}  // namespace

std::tm local_world::local_time() const {
  const std::time_t now = static_cast<std::time_t>(loop_.unix_seconds());
  std::tm out{};
  ::localtime_r(&now, &out);
  return out;
}

void worker_stats::add(const worker_stats& other) {
  server.add(other.server);
  client.add(other.client);
  if (verdicts.size() < other.verdicts.size()) verdicts.resize(other.verdicts.size());
  for (std::size_t i = 0; i < other.verdicts.size(); ++i) {
    for (std::size_t v = 0; v < 3; ++v) verdicts[i][v].add(other.verdicts[i][v]);
  }
  if (partial.size() < other.partial.size()) partial.resize(other.partial.size());
  for (std::size_t i = 0; i < other.partial.size(); ++i) partial[i] += other.partial[i];
  rejected += other.rejected;
  connections += other.connections;
  active += other.active;
}

worker::worker(unsigned number, telemetry::line_output* access_log)
    : names_(loop_),
      front_(*this),
      world_(loop_),
      observer_(std::make_unique<rejection_counter>(*this)),
      access_log_(access_log),
      number_(number) {}

worker::~worker() {
  stop();
  // Servers first: they know exchanges that requests still hold.
  listening_.clear();
  leaving_.clear();
  compositions_.clear();
  proxied_.clear();
  generations_.clear();
}

http::server::options worker::server_options() {
  http::server::options options;
  options.limits = current_->of->settings.limits;
  options.observer = observer_.get();
  options.errors = [this](int status, std::string_view detail) {
    error_answer out =
        render_problem({.status = status, .why = cause::bad_request, .detail = detail},
                       current_->of->settings.errors.get());
    return http::error_body{std::move(out.content_type), std::move(out.body), out.status};
  };
  return options;
}

void worker::adopt(std::shared_ptr<const plan> next) {
  auto made = std::make_unique<generation>();
  made->of = std::move(next);
  for (const auto& s : made->of->services) {
    if (made->endpoints.size() <= s->index()) made->endpoints.resize(s->index() + 1);
    std::shared_ptr<upstream::endpoint>& at = made->endpoints[s->index()];
    if (current_ && s->index() < current_->endpoints.size()) {
      const auto& before = current_->endpoints[s->index()];
      if (before && same_connections(before->of(), *s)) at = before;
    }
    if (!at) at = std::make_shared<upstream::endpoint>(loop_, names_, s);
  }
  if (current_) renumber_routes(*current_->of, *made->of);
  generations_.push_back(std::move(made));
  current_ = generations_.back().get();
  for (listening& l : listening_) l.by->set_limits(current_->of->settings.limits);
  drop_unused_generations();
}

void worker::drop_unused_generations() {
  std::erase_if(generations_, [&](const auto& g) { return g.get() != current_ && g->users == 0; });
}

void worker::listen(const io::address& at, std::unique_ptr<io::listener> by) {
  listening l{at, std::make_unique<http::server>(loop_, front_, server_options())};
  l.by->listen(std::move(by));
  listening_.push_back(std::move(l));
}

void worker::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void worker::post(std::function<void(worker&)> work) {
  loop_.post([this, work = std::move(work)] { work(*this); });
}

void worker::stop_listening(const io::address& at) {
  for (auto l = listening_.begin(); l != listening_.end(); ++l) {
    if (!(l->at == at)) continue;
    http::server* const server = l->by.get();
    leaving_.push_back(std::move(l->by));
    listening_.erase(l);
    server->announce_close(true);
    server->drain(loop_.now() + current_->of->settings.drain_timeout, [this, server] {
      // Not from within the server's own call.
      loop_.post([this, server] {
        cut_while_leaving_ += server->cut_exchanges();
        std::erase_if(leaving_, [&](const auto& s) { return s.get() == server; });
        if (!leaving_.empty()) return;
        if (const auto tell = std::exchange(all_left_, {})) tell();
      });
    });
    return;
  }
}

void worker::announce_close(bool close_idle) {
  for (listening& l : listening_) l.by->announce_close(close_idle);
}

void worker::drain(time_point until, std::function<void(const drain_report&)> done) {
  struct progress {
    std::size_t left = 0;
    drain_report sum;
    std::function<void(const drain_report&)> done;
  };
  auto p = std::make_shared<progress>();
  p->left = listening_.size() + 1;
  p->done = std::move(done);
  const auto one = [p] {
    if (--p->left == 0) p->done(p->sum);
  };
  for (listening& l : listening_) {
    http::server* const server = l.by.get();
    p->sum.found += server->drain(until, [p, one, server] {
      p->sum.cut += server->cut_exchanges();
      one();
    });
  }
  // Those whose address an earlier reload took away have their own, earlier end.
  if (!leaving_.empty()) {
    ++p->left;
    all_left_ = [this, p, one] {
      p->sum.cut += cut_while_leaving_;
      one();
    };
  }
  one();
}

composition& worker::take_composition() {
  idle_memory_.began();
  if (idle_compositions_.empty()) {
    return *compositions_.emplace_back(std::make_unique<composition>(*this));
  }
  composition* const out = idle_compositions_.back();
  idle_compositions_.pop_back();
  return *out;
}

void worker::give_back(composition& done) {
  idle_compositions_.push_back(&done);
  idle_memory_.ended();
  if (generations_.size() > 1) drop_unused_generations();
}

proxied& worker::take_proxied() {
  idle_memory_.began();
  if (idle_proxied_.empty()) return *proxied_.emplace_back(std::make_unique<proxied>(*this));
  proxied* const out = idle_proxied_.back();
  idle_proxied_.pop_back();
  return *out;
}

void worker::give_back(proxied& done) {
  idle_proxied_.push_back(&done);
  idle_memory_.ended();
  if (generations_.size() > 1) drop_unused_generations();
}

void worker::append_common(const request_context& request, std::string& lines) const {
  if (request.route && request.route->rate) {
    append_rate_lines(*request.route->rate, request.stands, lines);
  }
  if (request.cors_origin.empty()) return;
  const cors_settings& cors = *request.settings->cors;
  const bool any = request.cors_origin == "*";
  lines += "Access-Control-Allow-Origin: ";
  // With credentials the origin itself has to be named.
  const auto origin = request.exchange->head().fields.find("origin");
  lines += any && !cors.credentials ? std::string_view("*") : origin.value_or("");
  lines += "\r\n";
  if (cors.credentials) lines += "Access-Control-Allow-Credentials: true\r\n";
  if (!any || cors.credentials) lines += "Vary: Origin\r\n";
}

}  // namespace weir::gateway
