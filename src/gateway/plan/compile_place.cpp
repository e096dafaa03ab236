// Where a service is: one place, or instances and how they are found, judged and chosen.

#include <fstream>
#include <functional>
#include <iterator>

#include "compiler.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/io/tls.hpp"

namespace weir::gateway {
namespace {

using upstream::discovery_kind;
using upstream::discovery_settings;
using upstream::instance_spec;

template <class To, class From>
void take(To& to, const config::setting<From>& from) {
  if (from) to = static_cast<To>(*from);
}

// The name in `name:port`, the address in `[::1]:port`.
std::string name_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

discovery_settings discovery_of(const config::service_document& s,
                                upstream::service_settings& out) {
  discovery_settings d;
  if (s.host) d.authority = *s.host;
  const auto of_url = [&](const config::url& u) {
    out.tls = u.tls;
    out.base_path = u.base_path;
  };
  if (s.instances) {
    for (const config::instance_document& i : *s.instances) {
      of_url(*i.url);
      instance_spec one{.host = i.url->host,
                        .port = i.url->port,
                        .authority = s.host ? *s.host : i.url->authority,
                        .weight = 1};
      take(one.weight, i.weight);
      d.listed.push_back(std::move(one));
    }
  } else if (s.dns) {
    of_url(*s.dns);
    d.how = discovery_kind::dns;
    d.name = s.dns->host;
    d.port = s.dns->port;
    if (d.authority.empty()) d.authority = s.dns->authority;
  } else if (s.srv) {
    of_url(*s.srv);
    d.how = discovery_kind::srv;
    d.name = s.srv->host;
    if (d.authority.empty()) d.authority = s.srv->host;
  } else {
    d.how = discovery_kind::consul;
    d.consul.service = *s.consul->service;
    if (s.consul->tags) d.consul.tags = *s.consul->tags;
    if (s.consul->datacenter) d.consul.datacenter = *s.consul->datacenter;
    if (s.consul->tls) out.tls = *s.consul->tls;
    if (s.consul->path) out.base_path = *s.consul->path;
    while (out.base_path.ends_with('/')) out.base_path.pop_back();
  }
  // A certificate names the host that was asked for, not the address it was found at.
  out.server_name = name_of(d.authority);
  out.host = d.name;
  out.authority = d.authority;
  return d;
}

upstream::ejection_options ejection_of(const config::service_document& s) {
  upstream::ejection_options e;
  if (!s.ejection) return e;
  e.on = s.ejection->on.has_value();
  if (!e.on) return e;
  const config::ejection_document& from = *s.ejection->on;
  take(e.in_a_row, from.in_a_row);
  take(e.worse_by, from.worse_by);
  take(e.every, from.every);
  take(e.min_calls, from.min_calls);
  take(e.at_most, from.at_most);
  if (from.for_) {
    e.first = from.for_->from;
    e.longest = from.for_->constant ? from.for_->from : from.for_->to;
  }
  return e;
}

void checks_of(const config::health_document& h, upstream::service_settings& out) {
  upstream::check_settings& checks = out.checks.emplace();
  checks.path = out.base_path + *h.path;
  take(checks.every, h.every);
  take(checks.jitter, h.jitter);
  take(checks.timeout, h.timeout);
  for (std::size_t status = 200; !h.status && status < 300; ++status) checks.statuses.set(status);
  if (h.status) {
    for (const int status : *h.status) checks.statuses.set(static_cast<std::size_t>(status));
  }
  out.instances.checked = true;
  take(out.instances.rise, h.rise);
  take(out.instances.fall, h.fall);
}

}  // namespace

void compile_place(compiling&, const config::service_document& s, upstream::service_settings& out) {
  if (s.url) {
    out.host = s.url->host;
    out.port = s.url->port;
    out.tls = s.url->tls;
    out.authority = s.host ? *s.host : s.url->authority;
    if (s.host) out.server_name = name_of(*s.host);
    out.base_path = s.url->base_path;
    return;
  }
  out.discovery = discovery_of(s, out);
  out.instances.name = out.name;
  if (s.balance) out.instances.how = static_cast<upstream::balance>(*s.balance);
  out.instances.ejection = ejection_of(s);
  take(out.instances.panic, s.panic);
  take(out.instances.slow_start, s.slow_start);
  if (s.hash_by) {
    out.key = static_cast<upstream::hash_by>(s.hash_by->what);
    out.key_header = s.hash_by->header;
  }
  if (s.health && s.health->on) checks_of(*s.health->on, out);
}

namespace {

upstream::registration registration_of(const config::register_document& r,
                                       const config::document& d) {
  upstream::registration out;
  out.name = *r.service;
  out.address = "127.0.0.1";
  out.port = 9000;
  if (d.listen && !d.listen->empty()) {
    const config::listen_address& first = d.listen->front();
    // "All addresses" is none that somebody could call.
    if (first.ip != "0.0.0.0" && first.ip != "::") out.address = first.ip;
    out.port = first.port;
  }
  take(out.id, r.id);
  take(out.address, r.address);
  take(out.port, r.port);
  take(out.tags, r.tags);
  if (r.check && *r.check != "ttl") out.check_path = *r.check;
  take(out.check_every, r.every);
  return out;
}

}  // namespace

void compile_authorities(compiling& c, const config::setting<std::string>& from, std::string& file,
                         std::size_t& content) {
  if (!from) return;
  file = *from;
  if (const auto made = io::tls_client_context::make({.ca_file = file}); !made) {
    c.found.error(from.where, made.error() + "; give the path of a PEM file of certificates");
  }
  std::ifstream in(file, std::ios::binary);
  content = std::hash<std::string>()(std::string(std::istreambuf_iterator<char>(in), {}));
}

discovery_plan compile_discovery(compiling& c) {
  discovery_plan out;
  if (!c.d.discovery) return out;
  const config::discovery_document& d = *c.d.discovery;
  take(out.snapshot_file, d.snapshot);
  if (d.register_) out.registered = registration_of(*d.register_, c.d);
  if (d.dns_servers) {
    for (const std::string& s : *d.dns_servers) {
      out.dns_servers += (out.dns_servers.empty() ? "" : ",") + s;
    }
  }
  if (!d.consul) return out;
  const config::consul_document& from = *d.consul;
  upstream::consul_settings& to = out.consul.emplace();
  to.host = from.url->host;
  to.port = from.url->port;
  to.tls = from.url->tls;
  to.authority = from.url->authority;
  take(to.token, from.token);
  if (from.token_file) {
    std::ifstream in(*from.token_file, std::ios::binary);
    if (!in) c.found.error(from.token_file.where, "this file cannot be read; check its name");
    to.token.assign(std::istreambuf_iterator<char>(in), {});
    while (to.token.ends_with('\n') || to.token.ends_with('\r')) to.token.pop_back();
    if (!config::is_field_value(to.token)) {
      c.found.error(from.token_file.where,
                    "this file holds more than a line; give one with the token alone");
    }
  }
  take(to.datacenter, from.datacenter);
  if (from.tls) {
    compile_authorities(c, from.tls->ca_file, to.ca_file, to.ca_content);
    take(to.verify, from.tls->verify);
  }
  take(to.wait, from.wait);
  take(to.empty_grace, from.empty_grace);
  take(to.debounce, from.debounce);
  return out;
}

}  // namespace weir::gateway
