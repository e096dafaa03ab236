#include <algorithm>
#include <set>
#include <utility>

#include "checks.hpp"
#include "weir/gateway/config/effective.hpp"
#include "weir/gateway/config/suggest.hpp"

namespace weir::gateway::config {
namespace {

// Headers of a service go with calls of every route, so that they can use the request alone.
void check_headers(checking& c, const service_document& s) {
  type_environment names;
  names.add("query", static_type::map());
  names.add("query_all", static_type::map());
  names.add("request", request_type());
  names.add("circuits", circuits_type(c.d));
  expression_checker headers(c.r, names);
  headers.forbid(
      "path", "is different in every route, and these headers are for all; write them at the step");
  forbid_answer(headers, c.d);
  if (s.headers) headers.check(*s.headers);
}

bool same_but_address(const url& a, const url& b) {
  return a.tls == b.tls && a.base_path == b.base_path;
}

// True where something says where the service is; told, where nothing or more than one thing does.
bool check_one_way(checking& c, const named<service_document>& entry) {
  const service_document& s = entry.value;
  struct way {
    std::string_view name;
    bool given;
    place key;
  };
  const way ways[] = {{"url", s.url.given, s.url.key},
                      {"instances", s.instances.given, s.instances.key},
                      {"dns", s.dns.given, s.dns.key},
                      {"srv", s.srv.given, s.srv.key},
                      {"consul", s.consul.given, s.consul.key}};
  const way* first = nullptr;
  for (const way& w : ways) {
    if (!w.given) continue;
    if (!first) {
      first = &w;
      continue;
    }
    c.r.error(w.key, "`" + std::string(first->name) +
                         "` says already where the service is; take "
                         "one of the two out");
  }
  if (!first && !c.r.has_error_in(entry.whole)) {
    c.r.error(entry.where, "nothing says where the service `" + entry.name +
                               "` is; add `url`, `instances`, `dns`, `srv` or `consul`");
  }
  return first != nullptr;
}

void check_instances(checking& c, const service_document& s) {
  if (s.instances->empty()) {
    c.r.error(s.instances.where, "this list is empty; give one instance at least");
  }
  const url* one = nullptr;
  std::set<std::pair<std::string, std::uint16_t>> known;
  for (const instance_document& i : *s.instances) {
    if (!i.url) continue;
    if (!one) one = &*i.url;
    if (!same_but_address(*one, *i.url)) {
      c.r.error(i.url.where,
                "instances of a service differ in host and port alone; write the same scheme and "
                "path for all");
    }
    if (!known.emplace(i.url->host, i.url->port).second) {
      c.r.error(i.url.where, "this instance is here twice; take one out, or give it a `weight`");
    }
    if (i.weight && *i.weight > 65535) {
      c.r.error(i.weight.where, "a weight is 65535 at most; divide all weights by the same");
    }
  }
}

// What belongs to several instances, at a service that is one place.
void check_alone(checking& c, const service_document& s) {
  const std::pair<std::string_view, const place*> of_several[] = {
      {"balance", s.balance.given ? &s.balance.key : nullptr},
      {"hash_by", s.hash_by.given ? &s.hash_by.key : nullptr},
      {"health", s.health.given ? &s.health.key : nullptr},
      {"ejection", s.ejection.given ? &s.ejection.key : nullptr},
      {"panic", s.panic.given ? &s.panic.key : nullptr},
      {"slow_start", s.slow_start.given ? &s.slow_start.key : nullptr},
  };
  for (const auto& [name, key] : of_several) {
    if (!key) continue;
    c.r.error(*key, "`" + std::string(name) +
                        "` is for several instances, and `url` is one; write `instances`, `dns`, "
                        "`srv` or `consul` for it");
  }
  if (s.words.breaker && s.words.breaker->on && s.words.breaker->on->scope &&
      *s.words.breaker->on->scope == breaker_scope::instance) {
    c.r.error(s.words.breaker->on->scope.key,
              "`scope: instance` is for several instances, and `url` is one; take it out");
  }
}

// Where the service is: one way, and what belongs to several instances only where there may be
// several.
void check_place(checking& c, const named<service_document>& entry) {
  const service_document& s = entry.value;
  if (!check_one_way(c, entry)) return;
  if (s.instances) check_instances(c, s);
  if (s.consul.given && !(c.d.discovery && c.d.discovery->consul.given)) {
    c.r.error(s.consul.key,
              "Consul's own address is not known; add `discovery: {consul: "
              "\"http://127.0.0.1:8500\"}`");
  }
  if (s.url.given) check_alone(c, s);
  if (s.hash_by.given && !(s.balance && *s.balance == balance_kind::maglev)) {
    c.r.error(s.hash_by.key, "`hash_by` belongs to `balance: maglev`; add that, or take it out");
  }
  if (s.health && s.health->on && s.health->on->path && !s.health->on->path->starts_with('/')) {
    c.r.error(s.health->on->path.where, "a path begins with `/`; write it like `/healthz`");
  }
}

bool speaks_tls(const service_document& s) {
  if (s.instances && !s.instances->empty() && s.instances->front().url) {
    return s.instances->front().url->tls;
  }
  for (const auto* one : {&s.url, &s.dns, &s.srv}) {
    if (*one) return (*one)->tls;
  }
  return s.consul && s.consul->tls && *s.consul->tls;
}

}  // namespace

void check_service_name(checking& c, const setting<target>& t) {
  if (!t) return;
  if (find_service(c.d, t->service) != nullptr) {
    c.services_used.insert(t->service);
    return;
  }
  if (t->service == "http:" || t->service == "https:") {
    c.r.error(t->service_at,
              "a call names its service, not a URL; describe the service under `services`, and "
              "write `NAME/path`");
    return;
  }
  std::vector<std::string> known;
  if (c.d.services) {
    for (const auto& s : *c.d.services) known.push_back(s.name);
  }
  c.r.error(t->service_at, "there is no service `" + t->service + "`; describe it under `services`",
            nearest(t->service, known));
}

// What is looked up needs to know where.
void check_discovery(checking& c) {
  if (!c.d.discovery || !c.d.discovery->register_) return;
  const register_document& r = *c.d.discovery->register_;
  if (!c.d.discovery->consul.given) {
    c.r.error(
        c.d.discovery->register_.key,
        "Consul's own address is not known; add `consul: \"http://127.0.0.1:8500\"` beside it");
  }
  const bool anywhere = c.d.listen && !c.d.listen->empty() &&
                        (c.d.listen->front().ip == "0.0.0.0" || c.d.listen->front().ip == "::");
  if (anywhere && !r.address.given) {
    c.r.error(
        c.d.discovery->register_.key,
        "nobody can call the address to listen on; add the `address` that others reach it by");
  }
  if (r.port && *r.port > 65535) c.r.error(r.port.where, "a port is 65535 at most");
  if (r.check && *r.check != "ttl" && !r.check->starts_with('/')) {
    c.r.error(r.check.where, "a path begins with `/`; write it like `/healthz`, or `ttl`");
  }
}

void check_services(checking& c) {
  check_discovery(c);
  if (!c.d.services) return;
  for (const auto& entry : *c.d.services) {
    const service_document& s = entry.value;
    check_policy_name(c, s.policy);
    check_words(c, s.words);
    check_headers(c, s);
    check_place(c, entry);
    const bool told = s.url || s.instances || s.dns || s.srv || s.consul;
    if (s.tls.given && told && !speaks_tls(s)) {
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
