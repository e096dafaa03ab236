#include "weir/gateway/plan/explain.hpp"

#include <algorithm>

#include "compiler.hpp"
#include "weir/gateway/config/effective.hpp"
#include "weir/gateway/plan/words.hpp"
#include "weir/json/utf8.hpp"

namespace weir::gateway {
namespace {

using config::effective;

explained_time explained(const effective<duration>& t) {
  if (!t) return {};
  return {*t, t.from};
}

std::string text_of(const config::pause_range& r) {
  if (r.constant) return words_of(r.from);
  return words_of(r.from) + ".." + words_of(r.to);
}

std::optional<duration> sum(std::optional<duration> a, std::optional<duration> b) {
  if (!a || !b) return std::nullopt;
  if (*a > duration::max() - *b) return std::nullopt;
  return *a + *b;
}

std::string place_text(const upstream::service_settings& s) {
  const std::string scheme = s.tls ? "https://" : "http://";
  if (!s.discovery) return scheme + s.authority + s.base_path;
  switch (s.discovery->how) {
    case upstream::discovery_kind::fixed: {
      std::string all;
      constexpr std::size_t most = 4;
      for (std::size_t i = 0; i < s.discovery->listed.size() && i < most; ++i) {
        all += (all.empty() ? "" : ", ") + scheme + s.discovery->listed[i].key() + s.base_path;
      }
      if (s.discovery->listed.size() > most) {
        all += " and " + std::to_string(s.discovery->listed.size() - most) + " more";
      }
      return all;
    }
    case upstream::discovery_kind::dns:
      return scheme + s.discovery->name + ":" + std::to_string(s.discovery->port) + s.base_path +
             ", each address of the name";
    case upstream::discovery_kind::srv:
      return scheme + s.discovery->name + s.base_path + ", each SRV record of the name";
    case upstream::discovery_kind::consul:
      return "the instances of `" + s.discovery->consul.service + "` that pass in Consul";
  }
  return {};
}

std::string instances_text(const upstream::service_settings& s) {
  std::string out = "balance " + std::string(upstream::to_string(s.instances.how));
  const upstream::ejection_options& e = s.instances.ejection;
  out += e.on ? ", ejected after " + std::to_string(e.in_a_row) + " failures in a row for " +
                    words_of(e.first) + ".." + words_of(e.longest)
              : ", never ejected";
  if (s.instances.slow_start > duration::zero()) {
    out += ", slow start " + words_of(s.instances.slow_start);
  }
  return out;
}

std::string health_text(const upstream::service_settings& s) {
  return s.checks->path + " every " + words_of(s.checks->every) + ", " +
         std::to_string(s.instances.fall) + " down, " + std::to_string(s.instances.rise) + " up";
}

std::string cache_text(const cache_plan& c) {
  std::string out = words_of(c.keep.fresh_for);
  if (c.keep.stale_if_error > duration::zero()) {
    out += ", stale for another " + words_of(c.keep.stale_if_error) + " where the service fails";
  }
  if (!c.coalesce) out += ", equal calls each made";
  return out;
}

bool has(const pipeline& policies, layer::role what) {
  for (std::size_t i = 0; i < policies.size(); ++i) {
    if (policies[i].what() == what) return true;
  }
  return false;
}

// What a call under these words does. `retryable`: it may be sent twice.
explained_call explain_call(const config::document& d, const config::effective_words& words,
                            const config::named<config::service_document>& service,
                            const call_plan& call, const pipeline& policies) {
  explained_call e;
  e.service = service.name;
  e.method = call.verb_token;
  const upstream::service_settings& s = call.service->settings();
  e.url = place_text(s);
  if (s.discovery) {
    e.instances = instances_text(s);
    if (s.checks) e.health = health_text(s);
  }
  e.timeout = explained(words.timeout);
  e.attempt_timeout = explained(words.attempt_timeout);
  if (!e.attempt_timeout.length) e.attempt_timeout = {attempt_time(words), "built in"};
  const config::service_words of_service = config::words_of(d, service.value);
  e.connect_timeout = explained(of_service.connect_timeout);
  if (!e.connect_timeout.length) e.connect_timeout = {s.connect_timeout, "built in"};
  const bool retryable = call.idempotent || call.idempotent_by_key;
  if (words.retries() && retryable) {
    const config::retry_document& r = *words.retry->on;
    const std::uint64_t attempts = r.attempts ? *r.attempts : 2;
    if (attempts > 1 && has(policies, layer::role::retry)) {
      e.retry = std::to_string(attempts) + " attempts, " +
                (r.backoff ? text_of(*r.backoff) : "25ms..250ms") + " between";
      if (!call.idempotent) e.retry += ", with an Idempotency-Key alone";
      e.retry_from = words.retry.from;
    }
  }
  if (const auto& b = s.instances.circuit ? s.instances.circuit : s.breaker) {
    e.breaker = words_of(b->trip) + ", open for " + words_of(b->open_for);
    if (s.instances.circuit) e.breaker += ", one for each instance";
    e.breaker_from = of_service.breaker.from;
  }
  if (retryable) e.attempts = policies.worst().attempts;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    switch (policies[i].what()) {
      case layer::role::hedge:
        e.hedge = policies[i].text().substr(std::string_view("hedge: ").size());
        e.hedge_from = words.hedge.from;
        break;
      case layer::role::bulkhead:
      case layer::role::adaptive:
      case layer::role::throttler:
        e.limits.push_back(policies[i].text());
        break;
      default:
        break;
    }
  }
  // By client it is no layer.
  if (call.rate) e.limits.push_back("rate limit: " + call.rate->text());
  return e;
}

void note_pipelining(explained_call& e, const call_plan& call) {
  const std::size_t together = call.service->settings().pool.pipelining;
  if (together <= 1) return;
  e.limits.push_back("pipelining: up to " + std::to_string(together) + " GETs on one connection");
}

// The longest that one call can take: all its attempts, pauses and waits for a place.
std::optional<duration> one_call(explained_call& c, const call_plan& call, const cache_plan* cache,
                                 const pipeline& policies) {
  worst_case w{1, duration::max()};
  for (std::size_t i = policies.size(); i-- > 0;) {
    const layer::role what = policies[i].what();
    const bool again = what == layer::role::retry || what == layer::role::hedge;
    if (again && c.attempts <= 1) continue;
    w = policies[i].worst(w);
    // A pause is as long as the service asks for, unless that is beyond the step's time.
    if (what != layer::role::retry || !call.retry_on.statuses.any()) continue;
    w.time = duration::max();
    if (!c.timeout.length) {
      c.limits.emplace_back(
          "a pause may be as long as the service's Retry-After; `timeout` bounds it");
    }
  }
  // Whoever waits for an equal call of another asks himself once that one has given up.
  if (cache && cache->coalesce) {
    w.time = duration::max();
    if (!c.timeout.length) {
      c.limits.emplace_back("it may wait for equal calls of others first; `timeout` bounds it");
    }
  }
  if (c.timeout.length) w.time = std::min(w.time, *c.timeout.length);
  if (w.time == duration::max()) return std::nullopt;
  return w.time;
}

std::string shown(const config::shape& s, const config::source& file) {
  if (s.what == config::shape::kind::literal) return s.json;
  std::string text = file.text().substr(s.where.offset, s.where.length);
  constexpr std::size_t most = 40;
  if (const std::size_t end = text.find('\n'); end != std::string::npos)
    text = text.substr(0, end) + "…";
  return text.size() > most ? std::string(json::utf8_front(text, most)) + "…" : text;
}

class explainer {
 public:
  explainer(const config::document& d, const config::route_document& doc, const route_plan& route)
      : d_(d), doc_(doc), route_(route) {}

  explanation run() {
    e_.route = route_.name;
    e_.deadline = route_.deadline;
    e_.deadline_from = doc_.settings.deadline ? "the route" : "built in";
    if (route_.rate) e_.rate = route_.rate->text();
    if (route_.proxy) {
      proxy();
    } else {
      for (std::size_t i = 0; i < route_.steps.size(); ++i) e_.steps.push_back(step(i));
      waves();
    }
    if (e_.deadline && (!e_.latency || *e_.latency > *e_.deadline)) {
      e_.latency = e_.deadline;
      e_.cut_by_deadline = true;
    }
    return std::move(e_);
  }

 private:
  void proxy() {
    const auto* const service = config::find_service(d_, doc_.proxy->service);
    const config::effective_words words = config::words_of(d_, doc_, nullptr, &service->value);
    e_.proxy = explain_call(d_, words, *service, route_.proxy->call, route_.proxy->policies);
    e_.proxy->target = doc_.proxy->scalar.text;
    e_.whole_request = route_.proxy->whole_request;
    e_.calls = e_.proxy->attempts;
    if (route_.deadline) note_pipelining(*e_.proxy, route_.proxy->call);
    // A transfer goes on for as long as bytes move: only these two bound it. Without a deadline the
    // timeout ends with the answer's head.
    if (route_.deadline) e_.latency = e_.proxy->timeout.length;
  }

  explained_step step(std::size_t index) const {
    const step_plan& plan = route_.steps[index];
    const config::step_document& s = (*doc_.steps)[index].value;
    explained_step e;
    e.name = plan.name;
    e.required = !plan.fallback.has_value();
    if (s.fallback) e.fallback = shown(*s.fallback, *d_.from);
    e.conditional = plan.when.has_value();
    for (const std::uint16_t other : plan.needs) e.after.push_back(route_.steps[other].name);
    if (!plan.call) {
      e.at_worst = duration::zero();
      return e;
    }
    const auto* const service = config::service_of(d_, s);
    const config::effective_words words = config::words_of(d_, doc_, &s, &service->value);
    e.call = explain_call(d_, words, *service, *plan.call, plan.policies);
    e.call->target = (*s.the_call()->to)->scalar.text;
    const bool reads =
        plan.call->verb == http::method::get || plan.call->verb == http::method::head;
    if (reads) note_pipelining(*e.call, *plan.call);
    if (plan.cache) {
      e.call->cache = cache_text(*plan.cache);
      e.call->cache_from = words.cache.from;
    }
    e.calls = e.call->attempts;
    e.at_worst = one_call(*e.call, *plan.call, plan.cache ? &*plan.cache : nullptr, plan.policies);
    if (plan.each) fan_out(e, plan, s);
    return e;
  }

  static void fan_out(explained_step& e, const step_plan& plan, const config::step_document& s) {
    e.each = s.each->over.scalar.text;
    e.limit = plan.each->limit;
    e.max_items = plan.each->max_items;
    e.calls *= e.max_items;
    // As many rounds as the limit needs, unless the step's own time ends them.
    const auto rounds = static_cast<duration::rep>((e.max_items + e.limit - 1) / e.limit);
    std::optional<duration> all;
    if (e.at_worst && *e.at_worst < duration::max() / rounds) all = *e.at_worst * rounds;
    if (e.call->timeout.length) {
      all = all ? std::min(*all, *e.call->timeout.length) : *e.call->timeout.length;
    }
    e.at_worst = all;
  }

  // Steps come after what they need; the order of the file need not be theirs.
  void waves() {
    std::vector<bool> placed(e_.steps.size(), false);
    std::vector<std::optional<std::size_t>> behind(e_.steps.size());
    for (std::size_t left = e_.steps.size(); left > 0;) {
      for (std::size_t i = 0; i < e_.steps.size(); ++i) {
        const auto& needs = route_.steps[i].needs;
        const bool ready =
            std::all_of(needs.begin(), needs.end(), [&](auto n) { return placed[n]; });
        if (placed[i] || !ready) continue;
        place(i, behind);
        placed[i] = true;
        --left;
      }
    }
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < e_.steps.size(); ++i) {
      e_.calls += e_.steps[i].calls;
      if (!last || later(i, *last)) last = i;
    }
    e_.latency = last ? e_.steps[*last].done_by : duration::zero();
    for (auto at = last; at; at = behind[*at]) {
      e_.critical_path.insert(e_.critical_path.begin(), e_.steps[*at].name);
    }
  }

  bool later(std::size_t a, std::size_t b) const {
    const auto& x = e_.steps[a].done_by;
    const auto& y = e_.steps[b].done_by;
    if (!y) return false;
    return !x || *x > *y;
  }

  void place(std::size_t i, std::vector<std::optional<std::size_t>>& behind) {
    explained_step& s = e_.steps[i];
    std::optional<duration> start = duration::zero();
    for (const std::uint16_t n : route_.steps[i].needs) {
      s.wave = std::max(s.wave, e_.steps[n].wave + 1);
      if (!behind[i] || later(n, *behind[i])) behind[i] = n;
    }
    if (behind[i]) start = e_.steps[*behind[i]].done_by;
    s.done_by = sum(start, s.at_worst);
  }

  const config::document& d_;
  const config::route_document& doc_;
  const route_plan& route_;
  explanation e_;
};

}  // namespace

explanation explain(const config::document& d, const route_plan& route) {
  return explainer(d, (*d.routes)[route.index], route).run();
}

const route_plan* find_route(const plan& p, std::string_view written) {
  for (const route_plan& r : p.routes) {
    if (r.name == written) return &r;
  }
  http::method verb = http::method::get;
  std::string_view path = written;
  if (const std::size_t space = written.find(' '); space != std::string_view::npos) {
    verb = http::parse_method(written.substr(0, space));
    path = written.substr(space + 1);
  }
  path = path.substr(0, path.find('?'));
  for (const route_plan& r : p.routes) {
    if (r.pattern == path && (written.find(' ') == std::string_view::npos || r.verb == verb))
      return &r;
  }
  const auto m = p.table.find(verb, path);
  return m.what == route_table::match::kind::found ? &p.routes[m.route] : nullptr;
}

}  // namespace weir::gateway
