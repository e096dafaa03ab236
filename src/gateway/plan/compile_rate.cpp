#include <algorithm>
#include <limits>

#include "compiler.hpp"

namespace weir::gateway {
namespace {

// More permits than a number here holds are the same rate in a thousandth of the time.
bursty bursty_of(const config::rate_limit_document& r) {
  constexpr std::uint64_t most_burst = 1'000'000;
  std::uint64_t permits = r.rate->permits;
  bursty out;
  out.within = r.rate->per;
  if (permits > most_burst) out.burst = most_burst;
  while (permits > std::numeric_limits<std::uint32_t>::max()) {
    permits /= 1000;
    out.within /= 1000;
  }
  out.calls = static_cast<std::uint32_t>(permits);
  if (r.burst) out.burst = static_cast<std::uint32_t>(*r.burst);
  return out;
}

counted_by by_of(config::rate_source::kind kind) {
  switch (kind) {
    case config::rate_source::kind::client:
      return counted_by::client;
    case config::rate_source::kind::header:
      return counted_by::header;
    case config::rate_source::kind::everyone:
      break;
  }
  return counted_by::everyone;
}

}  // namespace

std::shared_ptr<const rate_limit> compile_rate(
    compiling& c, const std::string& name,
    const config::setting<config::switchable<config::rate_limit_document>>& s) {
  if (!s || !s->on) return nullptr;
  const config::rate_limit_document& r = *s->on;
  rate_limit_options o;
  o.name = name;
  o.allow.name = name;
  o.allow.allow = bursty_of(r);
  if (r.longest_wait) o.allow.longest_wait = *r.longest_wait;
  if (r.by) {
    o.by = by_of(r.by->what);
    o.header = r.by->header;
  }
  o.shared = r.shared && *r.shared && c.d.redis.given;
  for (const option_problem& p : o.allow.validate()) {
    c.found.error(s.where, "this limit cannot be: " + p.field + " " + p.message);
    return nullptr;
  }
  auto made = c.rates.of(o);
  c.rates_in_use.push_back(made);
  return made;
}

}  // namespace weir::gateway
