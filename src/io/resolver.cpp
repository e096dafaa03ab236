#include "weir/io/resolver.hpp"

#include <utility>

#include "dns_channel.hpp"
#include "host_lookups.hpp"
#include "srv_lookups.hpp"

namespace weir::io {

struct resolver::impl {
  impl(loop& on, const std::string& servers)
      : report(on, delegate<void()>::to<&impl::on_report>(*this)),
        hosts(on, report),
        services(on, report),
        dns(on, servers) {}

  ~impl() {
    if (destroyed) *destroyed = true;
    dns.close();  // while the lookups are there, which it calls back
  }

  // Callers are told here, outside c-ares: each may ask again, or destroy the resolver.
  void on_report() {
    std::vector<std::function<void()>> calls;
    hosts.collect(calls);
    services.collect(calls);
    bool gone = false;
    destroyed = &gone;
    for (const auto& call : calls) {
      call();
      if (gone) return;
    }
    destroyed = nullptr;
  }

  bool* destroyed = nullptr;
  deferred report;
  host_lookups hosts;
  srv_lookups services;
  dns_channel dns;
};

resolver::resolver(loop& on) : resolver(on, {}) {}
resolver::resolver(loop& on, const std::string& servers)
    : impl_(std::make_unique<impl>(on, servers)) {}
resolver::~resolver() = default;

void resolver::resolve(const std::string& host, std::uint16_t port, time_point until,
                       std::function<void(const answer&)> done) {
  impl_->hosts.resolve(impl_->dns, host, port, until, std::move(done));
}

void resolver::resolve_srv(const std::string& name, time_point until,
                           std::function<void(const srv_answer&)> done) {
  impl_->services.resolve(impl_->dns, name, until, std::move(done));
}

}  // namespace weir::io
