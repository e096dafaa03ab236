#include "commands/serve.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>
#include <optional>

#include "commands/terminal.hpp"
#include "exit_codes.hpp"
#include "file_watch.hpp"
#include "service_manager.hpp"
#include "signals.hpp"
#include "weir/base/log.hpp"
#include "weir/gateway/admin/admin.hpp"
#include "weir/gateway/config/load.hpp"
#include "weir/gateway/plan/compile.hpp"
#include "weir/gateway/run/circuit_log.hpp"
#include "weir/gateway/run/circuit_sharer.hpp"
#include "weir/gateway/run/gateway.hpp"
#include "weir/gateway/run/rate_sharer.hpp"
#include "weir/telemetry/log_output.hpp"
#include "weir/upstream/directory.hpp"
#include "weir/upstream/registrar.hpp"

namespace weir::app {
namespace {

using gateway::plan;

std::optional<log::level> level_of(std::string_view name) {
  if (name == "debug") return log::level::debug;
  if (name == "info") return log::level::info;
  if (name == "warn") return log::level::warn;
  if (name == "error") return log::level::error;
  return std::nullopt;
}

// The plan of the file, or null: then everything that is wrong with it has been printed.
std::shared_ptr<const plan> read_plan(const serve_options& options,
                                      upstream::service_registry& services,
                                      gateway::rate_limits& rates, bool& readable) {
  namespace config = gateway::config;
  auto loaded = config::load_file(options.file);
  readable = loaded.has_value();
  if (!loaded) {
    std::cerr << "weir: " << loaded.error() << '\n';
    return nullptr;
  }
  std::shared_ptr<plan> made;
  if (loaded->ok()) {
    auto compiled = gateway::compile(loaded->what, services, loaded->found, &rates);
    if (compiled && loaded->ok()) made = std::move(compiled);
  }
  std::cerr << config::print(loaded->found, *loaded->what.from,
                             {.color = may_color(STDERR_FILENO)});
  if (made && options.workers > 0) made->settings.workers = options.workers;
  return made;
}

// Consul's absence must not keep the process from going.
constexpr duration longest_deregistration = std::chrono::seconds(2);

// Sockets are what a gateway is made of; the soft limit is often 1024 for no reason of ours.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The process: one gateway, its admin listener, and what signals ask for.
class process {
 public:
  process(const serve_options& options, io::loop& loop, telemetry::line_output* log,
          telemetry::line_output* access)
      : options_(options),
        loop_(loop),
        log_(log),
        access_(access),
        services_(&gateway::log_circuit),
        directory_(loop) {}

  int start() {
    bool readable = false;
    const auto first = read_plan(options_, services_, rates_, readable);
    if (!first) return readable ? exit_configuration : exit_failure;
    auto started = gateway::gateway::start(loop_, first, {.access_log = access_});
    if (!started) return refuse(started.error());
    gateway_ = std::move(*started);
    services_.commit(first->services);
    sharer_.apply(*first);
    rate_sharer_.apply(*first);
    follow(*first);
    reloads_.last_success = loop_.unix_seconds();
    began_with_ = {.workers = first->settings.workers, .admin = first->settings.admin};
    if (first->settings.admin) {
      auto at = io::listener::open(*first->settings.admin, {});
      if (!at) return refuse("admin: " + at.error());
      admin_ = std::make_unique<gateway::admin>(loop_, *gateway_, reloads_);
      log::info("admin listening", {{"address", (*at)->bound().to_string()}});
      admin_->listen(std::move(*at));
    }
    for (const auto& a : first->settings.listen) {
      log::info("listening", {{"address", a.to_string()}, {"workers", gateway_->workers()}});
    }
    notify_ready();
    return exit_ok;
  }

  void reload() {
    if (leaving_) {
      // A new listener would be left out of the drain, and a new registrar call back who leaves.
      reopen_logs();
      log::warn("no reload any more: going away by the old configuration");
      return;
    }
    notify_reloading();
    reopen_logs();
    bool readable = false;
    const auto next = read_plan(options_, services_, rates_, readable);
    if (!next) {
      reload_failed(readable ? "the new configuration is wrong; the old one serves on"
                             : "the file cannot be read; the old configuration serves on");
    } else if (auto taken =
                   gateway_->adopt(next, [this, before = reloads_.failures] { reloaded(before); });
               !taken) {
      reload_failed(taken.error());
    } else {
      services_.commit(next->services);
      sharer_.apply(*next);
      rate_sharer_.apply(*next);
      follow(*next);
      say_what_waits(*next);
      return;
    }
    notify_ready();
  }

  // Every worker serves by the new file: whoever reads this line may count on it.
  void reloaded(std::uint64_t failures_before) {
    reloads_.taken(failures_before, loop_.unix_seconds());
    log::info("configuration reloaded", {{"file", options_.file}});
    notify_ready();
  }

  void leave() {
    if (leaving_) {
      log::warn("told twice to stop: leaving at once");
      std::_Exit(exit_failure);
    }
    leaving_ = true;
    log::info("going away", {{"notice_ms", in_ms(gateway_->current()->settings.drain_notice)}});
    notify_stopping();
    if (!registrar_) return drain();
    // First nobody is sent here any more; then those who are here are served to their end.
    registrar_->leave(longest_deregistration, [this](bool) { drain(); });
  }

  const std::shared_ptr<const plan>& current() const { return gateway_->current(); }

 private:
  void drain() {
    gateway_->drain([this](const gateway::drain_report& last) {
      log::info("drained", {{"found_in_closing_window", last.found}, {"cut_off", last.cut}});
      loop_.stop();
    });
  }

  void follow(const plan& p) {
    const gateway::discovery_plan& d = p.settings.discovery;
    directory_.follow(
        p.services,
        {.consul = d.consul, .dns_servers = d.dns_servers, .snapshot_file = d.snapshot_file});
    // What Consul was told is told anew only where it is not the same, or by another way.
    const std::string said =
        d.consul && d.registered ? d.registered->the_id() + d.registered->json() : std::string();
    if (said == registered_as_ && (said.empty() || d.consul == registered_by_)) return;
    registered_as_ = said;
    registered_by_ = d.consul;
    registrar_.reset();
    if (!said.empty()) {
      registrar_ = std::make_unique<upstream::registrar>(loop_, *d.consul, *d.registered);
    }
  }

  // Threads and the admin's socket are made once.
  void say_what_waits(const plan& next) const {
    const auto say = [](std::string_view key) {
      log::warn("a changed key takes effect at the next start", {{"key", key}});
    };
    if (next.settings.workers != began_with_.workers) say("workers");
    if (next.settings.admin != began_with_.admin) say("admin");
  }

  static std::int64_t in_ms(duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  }

  // A reload is also what log rotation asks for after it has renamed the files.
  void reopen_logs() {
    for (telemetry::line_output* lines : {log_, access_}) {
      if (!lines) continue;
      if (const auto done = lines->reopen(); !done) log::error(done.error());
    }
  }

  static int refuse(const std::string& why) {
    std::cerr << "weir: " << why << '\n';
    return exit_failure;
  }

  void reload_failed(const std::string& why) {
    reloads_.refused();
    log::error("reload refused", {{"reason", why}});
  }

  const serve_options& options_;
  io::loop& loop_;
  telemetry::line_output* log_;
  telemetry::line_output* access_;
  upstream::service_registry services_;
  gateway::rate_limits rates_;
  gateway::circuit_sharer sharer_;
  gateway::rate_sharer rate_sharer_;
  upstream::directory directory_;
  std::unique_ptr<upstream::registrar> registrar_;
  std::string registered_as_;
  std::optional<upstream::consul_settings> registered_by_;
  gateway::reload_status reloads_;
  std::unique_ptr<gateway::gateway> gateway_;
  std::unique_ptr<gateway::admin> admin_;
  struct {
    unsigned workers = 0;
    std::optional<io::address> admin;
  } began_with_;
  bool leaving_ = false;
};

}  // namespace

int serve(const serve_options& options) {
  const auto level = level_of(options.log_level);
  if (!level) {
    std::cerr << "weir: --log-level is debug, info, warn or error\n";
    return exit_usage;
  }
  log::set_level(*level);
  raise_descriptor_limit();
  // Before any thread, so that all inherit it and the signals come to the loop alone.
  signals::block();

  auto lines = telemetry::line_output::open(options.log);
  if (!lines) {
    std::cerr << "weir: " << lines.error() << '\n';
    return exit_failure;
  }
  telemetry::log_output log_sink(std::move(*lines), options.log_json ? telemetry::log_format::json
                                                                     : telemetry::log_format::text);
  std::unique_ptr<telemetry::line_output> access;
  if (!options.access_log.empty()) {
    auto opened = telemetry::line_output::open(options.access_log);
    if (!opened) {
      std::cerr << "weir: " << opened.error() << '\n';
      return exit_failure;
    }
    access = std::move(*opened);
  }

  io::loop loop;
  int code = exit_ok;
  {
    const std::string seen = file_watch::stamp(options.file);  // before it is read
    process running(options, loop, &log_sink.lines(), access.get());
    code = running.start();
    if (code != exit_ok) return code;
    signals on_signals(loop,
                       {.reload = [&] { running.reload(); }, .leave = [&] { running.leave(); }});
    std::unique_ptr<file_watch> watch;
    if (options.watch) {
      watch = std::make_unique<file_watch>(loop, options.file, seen, [&] { running.reload(); });
    }
    watchdog alive(loop);
    loop.run();
  }
  return code;
}

}  // namespace weir::app
