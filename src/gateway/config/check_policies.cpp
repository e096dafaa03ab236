#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "checks.hpp"

namespace weir::gateway::config {
namespace {

void check_trip(checking& c, const trip_document& t, place at) {
  struct rule {
    std::string_view name;
    bool given;
  };
  const rule rules[] = {{"in_a_row", t.in_a_row.given},
                        {"failures", t.failures.given},
                        {"ratio", t.ratio.given},
                        {"slow", t.slow.given}};
  const auto given =
      std::count_if(std::begin(rules), std::end(rules), [](const rule& r) { return r.given; });
  if (given == 0 && c.r.has_error_in(at)) return;
  if (given != 1) {
    c.r.error(at,
              std::string(given == 0 ? "this says no rule" : "one rule is enough") +
                  "; write `{in_a_row: 5}`, `{failures: 5, within: 10s}` or `{ratio: 20%, within: "
                  "20s, min_calls: 10}`");
    return;
  }
  const std::string_view name =
      std::find_if(std::begin(rules), std::end(rules), [](const rule& r) { return r.given; })->name;
  const bool of_calls = name == "ratio" || name == "slow";
  if (name != "in_a_row" && !t.within.given) {
    c.r.error(at, "`" + std::string(name) + "` needs its window; add `within: 10s`");
  }
  if (name == "in_a_row" && t.within.given) {
    c.r.error(t.within.key,
              "`in_a_row` counts without a window; take `within` out, or write `failures` for "
              "`in_a_row`");
  }
  if (name == "slow" && !t.slower_than.given) {
    c.r.error(at, "`slow` needs to know what is slow; add `slower_than: 500ms`");
  }
  if (name != "slow" && t.slower_than.given) {
    c.r.error(t.slower_than.key, "`slower_than` belongs to `slow`; take it out");
  }
  if (!of_calls && t.min_calls.given) {
    c.r.error(t.min_calls.key, "`min_calls` belongs to `ratio` and `slow`; take it out");
  }
  if (t.failures && *t.failures > 100'000) {
    c.r.error(t.failures.where,
              "so many failures are not counted one by one; write 100000 at most, or use `ratio`");
  }
}

void check_breaker(checking& c, const setting<switchable<breaker_document>>& s) {
  if (!s || !s->on) return;
  const breaker_document& b = *s->on;
  if (b.profile && *b.profile == breaker_profile::aiomisc) {
    const bool told = b.trip && b.trip->ratio && b.trip->within;
    if (!told || b.trip->min_calls.given) {
      c.r.error(b.profile.where,
                "aiomisc's rule is a share of bad tenths of a time, without a least number of "
                "calls; say `trip: {ratio: 20%, within: 20s}` with it");
    }
  }
  if (b.trip) check_trip(c, *b.trip, b.trip.where);
  if (b.probe && b.probe->ramp.given) {
    for (const auto* other : {&b.probe->calls, &b.probe->close_after}) {
      if (!other->given) continue;
      c.r.error(other->key,
                "a `ramp` lets a growing share of the calls through, and counts none; "
                "take this or the ramp out");
    }
  }
  if (b.open && b.open->to == duration::zero()) {
    c.r.error(b.open.where, "a circuit that is open for no time protects nobody; make it longer");
  }
}

void check_retry(checking& c, const setting<switchable<retry_document>>& s) {
  if (!s || !s->on || !s->on->on) return;
  const failure_kinds& on = *s->on->on;
  if (on.decode || on.kind) {
    c.r.error(s->on->on.where,
              "an answer that cannot be read, or is of another kind, is not tried again: it would "
              "be the same; write `connect`, `timeout` and statuses");
  }
}

void check_adaptive_limit(checking& c, const setting<switchable<adaptive_limit_document>>& s) {
  if (!s || !s->on) return;
  const adaptive_limit_document& a = *s->on;
  const std::uint64_t least = a.least ? *a.least : 1;
  const std::uint64_t most = a.most ? *a.most : 1000;
  const std::uint64_t initial = a.initial ? *a.initial : std::clamp<std::uint64_t>(20, least, most);
  if (least > most || initial < least || initial > most || most > 1'000'000) {
    c.r.error(s.where,
              "these bounds contradict each other; `least` is at most `initial`, that at "
              "most `most`, and that at most 1000000");
  }
}

void check_bulkhead(checking& c, const setting<switchable<bulkhead_document>>& s) {
  if (!s || !s->on) return;
  const bulkhead_document& b = *s->on;
  for (const auto* n : {&b.calls, &b.queue}) {
    if (*n && **n > 1'000'000) c.r.error(n->where, "so many do not fit; write 1000000 at most");
  }
  if (b.longest_wait.given && !(b.queue && *b.queue > 0)) {
    c.r.error(b.longest_wait.key,
              "without a `queue` nobody waits; add `queue: 128`, or take this out");
  }
}

void check_hedge(checking& c, const setting<switchable<hedge_document>>& s) {
  if (!s || !s->on || !s->on->attempts) return;
  if (*s->on->attempts < 2 || *s->on->attempts > 10) {
    c.r.error(s->on->attempts.where,
              "a hedge makes from 2 to 10 calls of one; write one of these, or `hedge: off`");
  }
}

void check_rate(checking& c, const setting<switchable<rate_limit_document>>& s, bool of_route) {
  if (!s || !s->on) return;
  const rate_limit_document& r = *s->on;
  if (r.burst && *r.burst > 1'000'000) {
    c.r.error(r.burst.where, "so many at once do not fit; write 1000000 at most");
  }
  const bool keyed = r.by && r.by->what != rate_source::kind::everyone;
  const bool waits = r.longest_wait && *r.longest_wait > duration::zero();
  if (waits && of_route) {
    c.r.error(r.longest_wait.key,
              "a request over its route's limit is answered at once; take this out");
  } else if (waits && keyed) {
    c.r.error(r.longest_wait.key,
              "nobody waits for the turn of one client alone; take this out, or `by`");
  }
  if (r.shared && *r.shared && !c.d.redis.given) {
    c.r.warn(r.shared.key,
             "without `redis` every process counts by itself; say where it is, or take this out");
  }
}

}  // namespace

void check_words(checking& c, const policy_document& words) {
  check_breaker(c, words.breaker);
  check_retry(c, words.retry);
  check_bulkhead(c, words.bulkhead);
  check_rate(c, words.rate_limit, false);
  check_adaptive_limit(c, words.adaptive_limit);
  check_hedge(c, words.hedge);
}

void check_rate_limit(checking& c, const setting<switchable<rate_limit_document>>& s) {
  check_rate(c, s, true);
}

void check_budget(checking& c, const setting<switchable<retry_document>>& s) {
  if (!s || !s->on || !s->on->budget.given) return;
  c.r.error(s->on->budget.key,
            "a budget belongs to the service, whoever calls it; write it in the `retry` of the "
            "service or of its policy");
}

}  // namespace weir::gateway::config
