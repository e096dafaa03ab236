#include "commands/live_check.hpp"

#include <list>
#include <memory>

#include "weir/io/connect.hpp"
#include "weir/io/listener.hpp"
#include "weir/io/loop.hpp"
#include "weir/io/resolver.hpp"

namespace weir::app {
namespace {

// One service being tried: its name resolved, a connection made and dropped.
class probe final : private io::connector::receiver {
 public:
  probe(io::loop& loop, io::resolver& names, const upstream::service& service, std::size_t& left)
      : loop_(loop), names_(names), service_(service), left_(left), connector_(loop, *this) {}

  void start() {
    const auto& s = service_.settings();
    finding.what = "service " + s.name + " at " + s.authority;
    until_ = loop_.now() + s.connect_timeout;
    io::connector::target to;
    to.server_name = s.host;
    if (s.tls) {
      auto made = io::tls_client_context::make({.ca_file = s.ca_file, .verify = s.verify});
      if (!made) return end(false, made.error());
      to.tls = *made;
    }
    names_.resolve(s.host, s.port, until_, [this, to](const io::resolver::answer& found) mutable {
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
  void on_connect_failed(const io::connect_failure& why) override { end(false, why.detail); }

  void end(bool good, std::string detail) {
    finding.good = good;
    finding.detail = std::move(detail);
    --left_;
  }

  io::loop& loop_;
  io::resolver& names_;
  const upstream::service& service_;
  std::size_t& left_;
  io::connector connector_;
  std::unique_ptr<io::stream> connection_;
  time_point until_{};
};

live_finding check_address(const std::string& what, const io::address& at) {
  const auto opened = io::listener::open(at, {});
  return {what + " " + at.to_string(), opened.has_value(), opened ? "free" : opened.error()};
}

}  // namespace

std::vector<live_finding> check_live(const gateway::plan& plan) {
  std::vector<live_finding> all;
  for (const io::address& a : plan.settings.listen) all.push_back(check_address("listen", a));
  if (plan.settings.admin) all.push_back(check_address("admin", *plan.settings.admin));

  io::loop loop;
  io::resolver names(loop);
  std::list<probe> probes;
  std::size_t left = plan.services.size();
  loop.run_once(duration::zero());  // so that its clock has a time
  for (const auto& service : plan.services) {
    probes.emplace_back(loop, names, *service, left).start();
  }
  while (left > 0 && loop.run_once(std::chrono::seconds(1))) {
  }
  for (probe& p : probes) all.push_back(std::move(p.finding));
  return all;
}

}  // namespace weir::app
