#include "weir/gateway/run/circuit_sharer.hpp"

#include "weir/base/log.hpp"

namespace weir::gateway {

std::string identity(const shared_circuits::settings& s) {
  return redis::describe(s.server) + ' ' + s.server.username + ' ' + s.server.password + ' ' +
         s.prefix;
}

namespace {

shared_circuits::settings with_log(shared_circuits::settings s) {
  s.on_server = [where = redis::describe(s.server)](bool up, std::string_view why) {
    if (up) {
      log::info("redis is there: circuits are shared", {{"server", where}});
    } else {
      log::warn("redis is not there: every circuit goes on alone",
                {{"server", where}, {"reason", why}});
    }
  };
  return s;
}

}  // namespace

void circuit_sharer::apply(const plan& p) {
  std::set<std::string> wanted;
  if (p.settings.redis) {
    for (const auto& s : p.services) {
      if (s->circuit() && s->settings().sharing) wanted.insert(s->name());
    }
  }
  if (wanted.empty()) {
    shared_.reset();
    names_.clear();
    server_.clear();
    return;
  }
  if (const std::string server = identity(*p.settings.redis); server != server_ || !shared_) {
    shared_.reset();
    names_.clear();
    server_ = server;
    shared_ = std::make_unique<shared_circuits>(with_log(*p.settings.redis));
  }
  for (const std::string& name : names_) {
    if (!wanted.contains(name)) shared_->leave(name);
  }
  // Those that stay are joined anew: how they are shared may have changed.
  for (const auto& s : p.services) {
    if (wanted.contains(s->name())) shared_->share(*s->circuit(), *s->settings().sharing);
  }
  names_ = std::move(wanted);
}

}  // namespace weir::gateway
