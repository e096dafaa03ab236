#include "weir/gateway/run/circuit_sharer.hpp"

#include "weir/base/log.hpp"

namespace weir::gateway {

namespace {

std::unique_ptr<shared_circuits> connection(shared_circuits::settings s) {
  s.on_server = [where = redis::describe(s.server)](bool up, std::string_view why) {
    if (up) {
      log::info("redis is there: circuits are shared", {{"server", where}});
    } else {
      log::warn("redis is not there: every circuit goes on alone",
                {{"server", where}, {"reason", why}});
    }
  };
  return std::make_unique<shared_circuits>(std::move(s));
}

}  // namespace

void circuit_sharer::apply(const plan& p) {
  std::set<std::string> wanted;
  for (const auto& s : p.services) {
    if (s->circuit() && s->settings().sharing) wanted.insert(s->name());
  }
  shared_circuits* const shared = kept_.renew(p.settings.redis, wanted, connection);
  if (shared == nullptr) return;
  // Those that stay are joined anew: how they are shared may have changed.
  for (const auto& s : p.services) {
    if (wanted.contains(s->name())) shared->share(*s->circuit(), *s->settings().sharing);
  }
}

}  // namespace weir::gateway
