#include "checks.hpp"
#include "weir/gateway/config/effective.hpp"
#include "weir/gateway/config/suggest.hpp"

namespace weir::gateway::config {
namespace {

void check_trip(checking& c, const trip_document& t, place at) {
  const bool in_a_row = t.in_a_row.given;
  const bool failures = t.failures.given;
  const bool ratio = t.ratio.given;
  const int rules = (in_a_row ? 1 : 0) + (failures ? 1 : 0) + (ratio ? 1 : 0);
  constexpr const char* forms =
      "`{in_a_row: 5}`, `{failures: 5, within: 10s}` or `{ratio: 20%, within: 20s, min_calls: 10}`";
  if (rules != 1) {
    c.r.error(at, std::string(rules == 0 ? "this says no rule" : "one rule is enough") +
                      "; write " + forms);
    return;
  }
  if ((failures || ratio) && !t.within.given) {
    c.r.error(at, std::string("`") + (failures ? "failures" : "ratio") +
                      "` needs its window; add `within: 10s`");
  }
  if (in_a_row && t.within.given) {
    c.r.error(t.within.key,
              "`in_a_row` counts without a window; take `within` out, or write `failures` for "
              "`in_a_row`");
  }
  if (!ratio && t.min_calls.given) {
    c.r.error(t.min_calls.key, "`min_calls` belongs to `ratio`; take it out");
  }
  if (failures && t.failures && *t.failures > 100'000) {
    c.r.error(t.failures.where,
              "so many failures are not counted one by one; write 100000 at most, or use `ratio`");
  }
}

}  // namespace

void check_breaker(checking& c, const setting<switchable<breaker_document>>& s) {
  if (!s || !s->on) return;
  const breaker_document& b = *s->on;
  if (b.trip) check_trip(c, *b.trip, b.trip.where);
  if (b.open && b.open->to == duration::zero()) {
    c.r.error(b.open.where, "a circuit that is open for no time protects nobody; make it longer");
  }
}

void check_service_name(checking& c, const setting<target>& t) {
  if (!t) return;
  if (find_service(c.d, t->service) != nullptr) {
    c.services_used.insert(t->service);
    return;
  }
  std::vector<std::string> known;
  if (c.d.services) {
    for (const auto& s : *c.d.services) known.push_back(s.name);
  }
  c.r.error(t->service_at, "there is no service `" + t->service + "`; describe it under `services`",
            nearest(t->service, known));
}

void check_services(checking& c) {
  if (!c.d.services) return;
  for (const auto& entry : *c.d.services) {
    const service_document& s = entry.value;
    check_policy_name(c, s.policy);
    check_breaker(c, s.words.breaker);
    if (s.tls.given && s.url && !s.url->tls) {
      c.r.error(s.tls.key,
                "`tls` is for `https://`; write `https://` in the URL, or take `tls` out");
    }
    const service_words words = words_of(c.d, s);
    if (words.breaks() && !words.timeout && !words.attempt_timeout) {
      c.r.warn(entry.where, "the service `" + entry.name +
                                "` has a breaker and no `timeout`: a slow call counts as a failure "
                                "after 5s only; add `timeout`");
    }
  }
}

}  // namespace weir::gateway::config
