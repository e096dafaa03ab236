#include "weir/upstream/directory.hpp"

#include "weir/base/log.hpp"
#include "weir/upstream/instance_file.hpp"

namespace weir::upstream {
namespace {

// Changes that come together are written together.
constexpr duration write_after = std::chrono::milliseconds(200);

bool is_looked_up(const service& s) {
  return s.instances() && s.settings().discovery->how != discovery_kind::fixed;
}

}  // namespace

struct directory::impl {
  // A service as it is followed.
  struct followed {
    std::shared_ptr<roster> of;
    discovery_settings discovery;
    std::unique_ptr<source> list;
    std::unique_ptr<source> checks;
  };

  explicit impl(io::loop& main)
      : loop(main), check_names(main), write_at(main, delegate<void()>::to<&impl::write>(*this)) {}

  void follow(const std::vector<std::shared_ptr<service>>& services,
              const directory_settings& with) {
    const bool first = !started;
    started = true;
    if (first || with.dns_servers != now_with.dns_servers) {
      for (auto& [name, f] : all) f.list.reset();
      names = std::make_unique<io::resolver>(loop, with.dns_servers);
    }
    if (first || with.consul != now_with.consul) {
      for (auto& [name, f] : all) f.list.reset();
      agent.reset();
      if (with.consul) make_agent(*with.consul);
    }
    const bool other_file = !first && with.snapshot_file != now_with.snapshot_file;
    now_with = with;
    if (first) restore(services);

    std::map<std::string, followed, std::less<>> next;
    for (const auto& s : services) {
      if (!s->instances()) continue;
      followed f;
      const auto before = all.find(s->name());
      const discovery_settings& discovery = *s->settings().discovery;
      if (before != all.end() && before->second.of == s->instances() &&
          before->second.discovery == discovery) {
        f = std::move(before->second);
      }
      f.of = s->instances();
      f.discovery = discovery;
      if (!f.list) f.list = look_up(s);
      // Checks are made anew: they have no state but their clocks, and what they ask may differ.
      f.checks = s->settings().checks ? check_instances(loop, check_names, s) : nullptr;
      next.emplace(s->name(), std::move(f));
    }
    all = std::move(next);
    // What is known may not change for long, and is not in the new file; the old one is left alone.
    if (other_file) {
      write_at.disarm();
      write_soon();
    }
  }

  void write_soon() {
    if (!now_with.snapshot_file.empty() && !write_at.armed()) {
      write_at.arm(loop.now() + write_after);
    }
  }

  void make_agent(const consul_settings& c) {
    link::place at{.service = "consul",
                   .host = c.host,
                   .port = c.port,
                   .tls = c.tls,
                   .ca_file = c.ca_file,
                   .verify = c.verify,
                   .server_name = {},
                   .pool = {},
                   .troubles = {}};
    // A connection for each service that is followed, for as long as it waits.
    at.pool.connections = 8192;
    agent = std::make_unique<link>(loop, check_names, std::move(at));
  }

  std::unique_ptr<source> look_up(const std::shared_ptr<service>& s) {
    const auto changed = [this] { write_soon(); };
    switch (s->settings().discovery->how) {
      case discovery_kind::fixed:
        return nullptr;
      case discovery_kind::dns:
      case discovery_kind::srv:
        return follow_dns(loop, *names, s, changed);
      case discovery_kind::consul: {
        if (!agent) return nullptr;
        return follow_consul(loop, *agent, *now_with.consul, s, s->instances()->specs(), changed);
      }
    }
    return nullptr;
  }

  // What an earlier process knew, until discovery answers.
  void restore(const std::vector<std::shared_ptr<service>>& services) {
    if (now_with.snapshot_file.empty()) return;
    const auto text = read_file(now_with.snapshot_file);
    if (!text) return;  // the first start
    auto known = read_known_instances(*text);
    if (!known) {
      log::warn("the file of last known instances is not usable",
                {{"file", now_with.snapshot_file}, {"reason", known.error()}});
      return;
    }
    for (const auto& s : services) {
      if (!is_looked_up(*s)) continue;
      const auto found = known->find(s->name());
      if (found == known->end() || found->second.empty()) continue;
      s->instances()->set(found->second, weir::now());  // the loop may not run yet
      s->instances()->restored();
      log::info("beginning with the last known instances",
                {{"service", s->name()}, {"instances", found->second.size()}});
    }
  }

  void write() {
    known_instances known;
    for (const auto& [name, f] : all) {
      if (f.discovery.how != discovery_kind::fixed) known[name] = f.of->specs();
    }
    if (const auto written = write_file(now_with.snapshot_file, to_json(known)); !written) {
      log::error("the last known instances could not be written", {{"reason", written.error()}});
    }
  }

  io::loop& loop;
  directory_settings now_with;
  bool started = false;
  std::unique_ptr<io::resolver> names;  // for `dns` and `srv`
  io::resolver check_names;             // for Consul's own name and those of instances
  std::unique_ptr<link> agent;
  std::map<std::string, followed, std::less<>> all;
  io::timer write_at;
};

directory::directory(io::loop& main) : impl_(std::make_unique<impl>(main)) {}
directory::~directory() = default;

void directory::follow(const std::vector<std::shared_ptr<service>>& services,
                       const directory_settings& with) {
  impl_->follow(services, with);
}

}  // namespace weir::upstream
