#include "weir/gateway/plan/compile.hpp"

#include <algorithm>

#include "compiler.hpp"
#include "weir/gateway/config/types.hpp"
#include "weir/http/head_bounds.hpp"

namespace weir::gateway {
namespace {

std::optional<io::address> address_of(const config::listen_address& a, config::problems& found) {
  auto made = io::address::parse(a.ip, a.port);
  if (!made)
    found.error(a.where, "this is no address to listen on; write it like `127.0.0.1:9000`");
  return made;
}

template <class To, class From>
void take(To& to, const config::setting<From>& from) {
  if (from) to = static_cast<To>(*from);
}

template <class T>
void take(std::optional<T>& to, const config::setting<T>& from) {
  if (from) to = *from;
}

http::server_limits limits_of(const config::setting<config::limits_document>& l) {
  http::server_limits out;
  if (!l) return out;
  take(out.target_bytes, l->target);
  static_assert(config::most_head_bytes == http::most_request_head_bytes &&
                config::most_header_fields == http::most_request_fields);
  take(out.head_bytes, l->head);
  take(out.head_fields, l->fields);
  take(out.body_bytes, l->body);
  take(out.connections, l->connections);
  take(out.head_timeout, l->head_timeout);
  take(out.body_timeout, l->body_timeout);
  take(out.body_least_rate, l->body_least_rate);
  take(out.idle_timeout, l->idle_timeout);
  take(out.write_timeout, l->write_timeout);
  return out;
}

// The most exact first: a cause, a status, a class of statuses, all.
constexpr int most_vague = 3;
int vagueness(const std::string& cause) {
  if (cause == "*") return most_vague;
  if (cause.ends_with("xx")) return 2;
  return cause[0] >= '0' && cause[0] <= '9' ? 1 : 0;
}

}  // namespace

std::shared_ptr<const error_shape> compile_errors(const config::setting<config::errors_document>& e,
                                                  config::problems& found) {
  if (!e) return nullptr;
  auto made = std::make_shared<error_shape>();
  for (int vague = 0; e->causes && vague <= most_vague; ++vague) {
    for (const auto& c : *e->causes) {
      if (vagueness(c.name) != vague) continue;
      error_shape::rule rule;
      rule.cause = c.name;
      take(rule.status, c.value.status);
      take(rule.code, c.value.code);
      take(rule.message, c.value.message);
      made->rules.push_back(std::move(rule));
    }
  }
  if (e->body) {
    name_slots names;
    names.add("error", slot_error);
    program_maker make(found, error_slots);
    made->body = make.make(*e->body, names, "errors.body");
    made->content_type = "application/json";
  }
  take(made->content_type, e->content_type);
  return made;
}

gateway_settings compile_settings(compiling& c) {
  const config::document& d = c.d;
  gateway_settings s;
  if (d.listen) {
    for (const config::listen_address& a : *d.listen) {
      if (auto at = address_of(a, c.found)) s.listen.push_back(*at);
    }
  } else {
    s.listen.push_back(*io::address::parse("127.0.0.1", 9000));
  }
  if (!d.admin) {
    s.admin = io::address::parse("127.0.0.1", 9901);
  } else if (d.admin->on) {
    s.admin = address_of(*d.admin->on, c.found);
  }
  take(s.workers, d.workers);
  s.limits = limits_of(d.limits);
  if (d.trusted_proxies) {
    for (const config::network_block& b : *d.trusted_proxies) {
      network n;
      std::copy(b.bytes.begin(), b.bytes.end(), n.bytes);
      n.prefix = b.prefix;
      s.trusted_proxies.push_back(n);
    }
  }
  if (d.cors) {
    cors_settings cors;
    take(cors.origins, d.cors->origins);
    cors.headers = {"content-type"};
    take(cors.headers, d.cors->headers);
    take(cors.credentials, d.cors->credentials);
    take(cors.max_age, d.cors->max_age);
    s.cors = std::move(cors);
  }
  s.errors = compile_errors(d.errors, c.found);
  if (d.redis) {
    auto server = redis::parse_url(*d.redis->url);
    if (server) {
      s.redis.emplace();
      s.redis->server = *server;
      take(s.redis->prefix, d.redis->prefix);
    } else {
      c.found.error(d.redis->url.where, server.error());
    }
  }
  s.discovery = compile_discovery(c);
  if (d.drain) {
    take(s.drain_notice, d.drain->notice);
    take(s.drain_timeout, d.drain->timeout);
  }
  return s;
}

std::shared_ptr<plan> compile(const config::document& of, upstream::service_registry& services,
                              config::problems& found, rate_limits* rates) {
  auto made = std::make_shared<plan>();
  rate_limits fresh;
  compiling c{of, found, rates ? *rates : fresh, made->rates};
  made->settings = compile_settings(c);
  if (of.services) {
    for (const auto& entry : *of.services) {
      const auto settings = compile_service(c, entry);
      if (!settings) continue;
      auto service = services.prepare(*settings);
      c.services.emplace(entry.name, service);
      const config::service_words words = config::words_of(of, entry.value);
      if (words.rate_limit) {
        c.service_rates.emplace(entry.name,
                                compile_rate(c, "service " + entry.name, *words.rate_limit.says));
      }
      made->services.push_back(std::move(service));
    }
  }
  if (found.has_errors()) return nullptr;
  for (const config::route_document& doc : *of.routes) {
    route_plan route = compile_route(c, doc);
    route.index = static_cast<std::uint32_t>(made->routes.size());
    std::uint32_t conflict = 0;
    if (!made->table.add(route.verb, route.pattern, route.index, conflict)) {
      found.error(doc.where, "this route matches the same requests as `" +
                                 made->routes[conflict].name + "`; keep one of them");
      continue;
    }
    made->routes.push_back(std::move(route));
  }
  if (found.has_errors()) return nullptr;
  return made;
}

}  // namespace weir::gateway
