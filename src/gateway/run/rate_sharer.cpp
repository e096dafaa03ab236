#include "weir/gateway/run/rate_sharer.hpp"

#include "weir/base/log.hpp"

namespace weir::gateway {
namespace {

std::unique_ptr<shared_rates> connection(const shared_circuits::settings& s) {
  const auto on_server = [where = redis::describe(s.server)](bool up, std::string_view why) {
    if (up) {
      log::info("redis is there: rate limits are shared", {{"server", where}});
    } else {
      log::warn("redis is not there: every rate limit counts alone",
                {{"server", where}, {"reason", why}});
    }
  };
  return std::make_unique<shared_rates>(
      shared_rates::settings{.server = s.server, .prefix = s.prefix, .on_server = on_server});
}

}  // namespace

void rate_sharer::apply(const plan& p) {
  std::set<std::string> wanted;
  for (const auto& r : p.rates) {
    if (r->options().shared) wanted.insert(r->options().name);
  }
  shared_rates* const shared = kept_.renew(p.settings.redis, wanted, connection);
  if (shared == nullptr) return;
  for (const auto& r : p.rates) {
    if (!wanted.contains(r->options().name)) continue;
    if (r->for_all()) shared->share(*r->for_all());
    if (r->for_each()) shared->share(*r->for_each());
  }
}

}  // namespace weir::gateway
