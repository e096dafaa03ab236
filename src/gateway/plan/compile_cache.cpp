#include <algorithm>

#include "compiler.hpp"

namespace weir::gateway {
namespace {

constexpr std::uint64_t default_capacity = 16 * 1024 * 1024;

}  // namespace

std::optional<cache_plan> compile_cache(const config::effective_words& words,
                                        const call_plan& call) {
  if (!words.caches() || call.verb != http::method::get || call.body) return std::nullopt;
  const config::cache_document& c = *words.cache->on;
  cache_plan made;
  made.keep.fresh_for = *c.for_;
  if (c.stale_if_error) made.keep.stale_if_error = *c.stale_if_error;
  if (c.coalesce) made.coalesce = *c.coalesce;
  return made;
}

std::size_t cache_bytes(const config::document& d,
                        const config::named<config::service_document>& service) {
  std::uint64_t most = 0;
  for (const config::route_document& route : *d.routes) {
    if (!route.steps) continue;
    for (const auto& step : *route.steps) {
      if (config::service_of(d, step.value) != &service || !step.value.get.given) continue;
      const config::effective_words words = config::words_of(d, route, &step.value, &service.value);
      if (!words.caches()) continue;
      const auto& said = words.cache->on->capacity;
      most = std::max(most, said ? *said : default_capacity);
    }
  }
  return most;
}

}  // namespace weir::gateway
