#include "metrics.hpp"

namespace weir::gateway {

void add_caches(telemetry::exposition& out, const plan& p) {
  using use = upstream::answer_cache::use;
  for (const auto& s : p.services) {
    if (!s->answers()) continue;
    const upstream::answer_cache::view v = s->answers()->look();
    const auto count = [&](const char* name, const char* help, use which) {
      out.counter(name, help, {{"service", s->name()}},
                  static_cast<double>(v.counts[static_cast<std::size_t>(which)]));
    };
    count("weir_cache_hits_total", "Calls answered by what is kept and fresh.", use::hit);
    count("weir_cache_misses_total", "Calls that had to be made.", use::miss);
    count("weir_cache_coalesced_total", "Calls that waited for an equal one.", use::coalesced);
    count("weir_cache_stale_total", "Failures that an older answer stood in for.", use::stale);
    out.gauge("weir_cache_entries", "Answers that are kept.", {{"service", s->name()}},
              static_cast<double>(v.entries));
    out.gauge("weir_cache_bytes", "What they take.", {{"service", s->name()}},
              static_cast<double>(v.bytes));
  }
}

}  // namespace weir::gateway
