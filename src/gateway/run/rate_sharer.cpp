#include "weir/gateway/run/rate_sharer.hpp"

#include "weir/base/log.hpp"
#include "weir/gateway/run/circuit_sharer.hpp"

namespace weir::gateway {
namespace {

shared_rates::settings settings_of(const shared_circuits::settings& s) {
  const auto on_server = [where = redis::describe(s.server)](bool up, std::string_view why) {
    if (up) {
      log::info("redis is there: rate limits are shared", {{"server", where}});
    } else {
      log::warn("redis is not there: every rate limit counts alone",
                {{"server", where}, {"reason", why}});
    }
  };
  return {.server = s.server, .prefix = s.prefix, .on_server = on_server};
}

}  // namespace

void rate_sharer::apply(const plan& p) {
  std::set<std::string> wanted;
  if (p.settings.redis) {
    for (const auto& r : p.rates) {
      if (r->options().shared) wanted.insert(r->options().name);
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
    shared_ = std::make_unique<shared_rates>(settings_of(*p.settings.redis));
  }
  for (const std::string& name : names_) {
    if (!wanted.contains(name)) shared_->leave(name);
  }
  for (const auto& r : p.rates) {
    if (!wanted.contains(r->options().name)) continue;
    if (r->for_all()) shared_->share(*r->for_all());
    if (r->for_each()) shared_->share(*r->for_each());
  }
  names_ = std::move(wanted);
}

}  // namespace weir::gateway
