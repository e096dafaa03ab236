#include "systems/stage/company.hpp"

#include <signal.h>

#include <algorithm>
#include <stdexcept>

#include "weir/base/arena.hpp"
#include "weir/io/listener.hpp"
#include "weir/json/parser.hpp"

namespace weir::stage {

namespace {

constexpr auto longest_start = std::chrono::seconds(20);
constexpr auto longest_stop = std::chrono::seconds(15);

}  // namespace

std::string program(const std::string& name) {
  const auto found = find_program(name);
  if (!found) throw std::runtime_error(name + " is missing: build it (./run build)");
  return found->string();
}

std::string program_of_system(const std::string& name, const std::string& package) {
  const auto found = find_on_path(name);
  if (!found) throw std::runtime_error(name + " is missing: apt install " + package);
  return found->string();
}

std::string at_port(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

company::company(io::loop& on, const std::string& system, std::string keep_logs, listener told)
    : loop_(on),
      told_(std::move(told)),
      keep_logs_(std::move(keep_logs)),
      directory_("weir-" + system),
      visitor_(on),
      log_(told_.on_transition) {}

void company::add(member one) {
  child::options with;
  with.name = one.name;
  with.command = one.command;
  with.environment = one.environment;
  with.log_file =
      (keep_logs_.empty() ? directory_.path().string() : keep_logs_) + "/" + one.name + ".log";
  with.on_end = [this, name = one.name](int status, bool asked) {
    if (told_.on_end) told_.on_end(name, status, asked);
  };
  hired& made = members_.emplace_back();
  with.on_line = [this, &made](std::string_view line) {
    if (made.is.name == "gateway") log_.take(line);
    if (line.find(made.is.ready_line) != std::string_view::npos) made.said_ready = true;
  };
  made.is = std::move(one);
  made.process = std::make_unique<child>(loop_, std::move(with));
}

const company::hired& company::at(const std::string& name) const {
  for (const hired& one : members_) {
    if (one.is.name == name) return one;
  }
  throw std::out_of_range("nobody is called " + name);
}

company::hired& company::at(const std::string& name) {
  return const_cast<hired&>(static_cast<const company*>(this)->at(name));
}

// A listener that shares its port would let a second gateway start on top of the first unnoticed;
// so each port is tried alone before anything runs.
std::optional<std::string> company::ports_taken() const {
  std::size_t wanted = 0;
  std::optional<std::string> taken;
  for (const hired& one : members_) {
    for (const std::uint16_t number : {one.is.port, one.is.admin_port}) {
      if (number == 0) continue;
      ++wanted;
      auto tried = io::listener::open(*io::address::parse("127.0.0.1", number), {});
      if (tried || taken) continue;
      taken = tried.error() + " (for " + (one.is.name == "gateway" ? "the gateway" : one.is.name) +
              (number == one.is.admin_port ? "'s admin listener)" : ")");
    }
  }
  if (!taken) return {};
  return *taken + "; choose " + std::to_string(wanted) + " free ports in a row with --port-base N";
}

std::optional<std::string> company::wait_ready(const hired& one) {
  const time_point until = now() + longest_start;
  while (one.process->running()) {
    question q;
    q.port = one.is.admin_port != 0 ? one.is.admin_port : one.is.port;
    q.target = one.is.admin_port != 0 ? "/readyz" : "/livez";
    q.patience = std::chrono::seconds(1);
    if (one.is.ready_line.empty() ? visitor_.ask(q).status == 200 : one.said_ready) return {};
    if (now() >= until) {
      return one.is.name + " is not ready after 20 s: " + one.process->last_line();
    }
    wait(loop_, std::chrono::milliseconds(10));
  }
  return one.is.name + " ended instead of serving: " + one.process->last_line();
}

std::optional<std::string> company::start() {
  if (auto wrong = ports_taken()) return wrong;
  for (hired& one : members_) {
    if (auto wrong = one.process->start()) return wrong;
  }
  for (const hired& one : members_) {
    if (auto wrong = wait_ready(one)) return wrong;
  }
  return {};
}

std::optional<std::string> company::launch(const std::string& name) {
  return at(name).process->start();
}

std::optional<std::string> company::start(const std::string& name) {
  if (auto wrong = launch(name)) return wrong;
  return wait_ready(at(name));
}

void company::ask_to_stop(const std::string& name) {
  thaw(name);  // one that stands still would not hear it
  at(name).process->stop();
}

void company::stop(const std::string& name) {
  ask_to_stop(name);
  wait_until(loop_, longest_stop, [&] { return !running(name); });
}

void company::stop_all() {
  // Who asks before who is asked: what a gateway has begun it finishes while the others are there.
  for (auto one = members_.rbegin(); one != members_.rend(); ++one) stop(one->is.name);
}

void company::freeze(const std::string& name) {
  if (!running(name)) return;
  ::kill(pid(name), SIGSTOP);
  at(name).frozen = true;
}

void company::thaw(const std::string& name) {
  if (running(name)) ::kill(pid(name), SIGCONT);
  at(name).frozen = false;
}

void company::set_faults(const std::string& name, const std::string& json,
                         std::function<void(bool)> done) {
  question q;
  q.port = port(name);
  q.method = "POST";
  q.target = "/_fault";
  q.body = json;
  q.patience = std::chrono::seconds(2);
  visitor_.ask(q, [done = std::move(done)](const answer& a) { done(a.status == 200); });
}

bool company::set_faults(const std::string& name, const std::string& json) {
  auto taken = std::make_shared<std::optional<bool>>();
  set_faults(name, json, [taken](bool ok) { *taken = ok; });
  wait_until(loop_, std::chrono::seconds(3), [&] { return taken->has_value(); });
  return taken->value_or(false);
}

std::optional<std::uint64_t> company::requests_seen(const std::string& name) {
  const answer a = ask(name, "/_fault");
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(a.body, memory);
  if (a.status != 200 || !parsed) return {};
  return parsed->find("requests").as_uint64();
}

answer company::ask(const std::string& name, const std::string& target) {
  question q;
  q.port = port(name);
  q.target = target;
  return visitor_.ask(q);
}

std::string configuration_of(const std::string& file, const company& on,
                             const std::vector<edit>& edits) {
  const auto found = find_data(file);
  if (!found) throw std::runtime_error("systems/" + file + " is missing");
  const std::string copy = on.directory() / found->filename().string();
  if (auto wrong = copy_edited(found->string(), copy, edits)) throw std::runtime_error(*wrong);
  return copy;
}

}  // namespace weir::stage
