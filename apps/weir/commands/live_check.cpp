#include "commands/live_check.hpp"

#include <algorithm>
#include <list>
#include <memory>

#include "weir/io/connect.hpp"
#include "weir/io/listener.hpp"
#include "weir/io/loop.hpp"
#include "weir/io/resolver.hpp"
#include "weir/upstream/directory.hpp"

namespace weir::app {
namespace {

// How long discovery may take to name the instances of a service.
constexpr duration longest_discovery = std::chrono::seconds(3);
// Of one service, so that a check of a large one stays a check.
constexpr std::size_t most_probes = 64;

// A line names the address already.
std::string without(std::string detail, const std::string& beginning) {
  if (detail.starts_with(beginning)) detail.erase(0, beginning.size());
  return detail;
}

// One place being tried: its name resolved, a connection made and dropped.
class probe final : private io::connector::receiver {
 public:
  probe(io::loop& loop, io::resolver& names, const upstream::service& service, std::string what,
        std::string host, std::uint16_t port, std::size_t& left)
      : loop_(loop),
        names_(names),
        service_(service),
        host_(std::move(host)),
        port_(port),
        left_(left),
        connector_(loop, *this) {
    finding.what = std::move(what);
  }

  void start() {
    const auto& s = service_.settings();
    until_ = loop_.now() + s.connect_timeout;
    io::connector::target to;
    to.server_name = s.server_name.empty() ? host_ : s.server_name;
    if (s.tls) {
      auto made = io::tls_client_context::make({.ca_file = s.ca_file, .verify = s.verify});
      if (!made) return end(false, made.error());
      to.tls = *made;
    }
    names_.resolve(host_, port_, until_, [this, to](const io::resolver::answer& found) mutable {
      if (!found) return end(false, found.error());
      to.addresses = *found;
      connector_.start(to, until_);
    });
  }

  live_finding finding;

 private:
  void on_connected(std::unique_ptr<io::stream> connected) override {
    connection_ = std::move(connected);
    end(true, service_.settings().tls ? "connected, certificate fits" : "connected");
  }
  void on_connect_failed(const io::connect_failure& why) override {
    const auto at = io::address::parse(host_, port_);
    const std::string named = at ? at->to_string() : std::string();
    // Not where it goes by another name, or by none that has the port.
    const bool twice = at && finding.what.ends_with(' ' + named);
    end(false, twice ? without(why.detail, named + ": ") : why.detail);
  }

  void end(bool good, std::string detail) {
    finding.good = good;
    finding.detail = std::move(detail);
    --left_;
  }

  io::loop& loop_;
  io::resolver& names_;
  const upstream::service& service_;
  std::string host_;
  std::uint16_t port_;
  std::size_t& left_;
  io::connector connector_;
  std::unique_ptr<io::stream> connection_;
  time_point until_{};
};

// Waits until discovery has named the instances of every service, or has had its time.
void discover(io::loop& loop, const gateway::plan& plan, upstream::directory& by) {
  const gateway::discovery_plan& d = plan.settings.discovery;
  by.follow(plan.services, {.consul = d.consul, .dns_servers = d.dns_servers, .snapshot_file = {}});
  const auto open = [&] {
    return std::any_of(plan.services.begin(), plan.services.end(), [](const auto& s) {
      return s->instances() && !s->instances()->current()->known &&
             s->instances()->source().trouble.empty();
    });
  };
  const time_point until = loop.now() + longest_discovery;
  while (open() && loop.now() < until && loop.run_once(std::chrono::milliseconds(20))) {
  }
}

live_finding discovered(const upstream::service& s, std::size_t instances) {
  live_finding f;
  f.what = "instances of " + s.name();
  const std::string trouble = s.instances()->source().trouble;
  f.good = trouble.empty() && instances > 0;
  f.detail = !trouble.empty() ? trouble
             : instances == 0 ? "none found"
                              : std::to_string(instances) + " found";
  return f;
}

live_finding check_address(const std::string& what, const io::address& at) {
  const auto opened = io::listener::open(at, {});
  const std::string named = at.to_string();
  return {what + " " + named, opened.has_value(),
          opened ? "free" : without(opened.error(), "cannot listen on " + named + ": ")};
}

}  // namespace

std::vector<live_finding> check_live(const gateway::plan& plan) {
  std::vector<live_finding> all;
  all.reserve(plan.settings.listen.size());
  for (const io::address& a : plan.settings.listen) all.push_back(check_address("listen", a));
  if (plan.settings.admin) all.push_back(check_address("admin", *plan.settings.admin));

  io::loop loop;
  io::resolver names(loop);
  loop.run_once(duration::zero());  // so that its clock has a time
  upstream::directory directory(loop);
  discover(loop, plan, directory);

  std::list<probe> probes;
  std::size_t left = 0;
  for (const auto& service : plan.services) {
    const auto& s = service->settings();
    if (!service->instances()) {
      probes.emplace_back(loop, names, *service, "service " + s.name + " at " + s.authority, s.host,
                          s.port, left);
      continue;
    }
    const auto found = service->instances()->specs();
    if (s.discovery->how != upstream::discovery_kind::fixed) {
      all.push_back(discovered(*service, found.size()));
    }
    for (std::size_t i = 0; i < found.size() && i < most_probes; ++i) {
      probes.emplace_back(loop, names, *service, "service " + s.name + " at " + found[i].key(),
                          found[i].host, found[i].port, left);
    }
  }
  left = probes.size();
  for (probe& p : probes) p.start();
  while (left > 0 && loop.run_once(std::chrono::seconds(1))) {
  }
  for (probe& p : probes) all.push_back(std::move(p.finding));
  return all;
}

}  // namespace weir::app
