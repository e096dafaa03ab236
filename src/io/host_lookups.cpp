#include "host_lookups.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir::io {
namespace {

address with_port(const address& of, std::uint16_t port) {
  sockaddr_storage raw{};
  std::copy_n(reinterpret_cast<const char*>(of.raw()), of.raw_length(),
              reinterpret_cast<char*>(&raw));
  if (raw.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6&>(raw).sin6_port = htons(port);
  else
    reinterpret_cast<sockaddr_in&>(raw).sin_port = htons(port);
  return address::from(reinterpret_cast<const sockaddr*>(&raw), of.raw_length());
}

std::vector<address> on_port(const std::vector<address>& of, std::uint16_t port) {
  std::vector<address> out;
  out.reserve(of.size());
  for (const address& a : of) out.push_back(with_port(a, port));
  return out;
}

}  // namespace

host_lookups::waiter::waiter(host_lookups& o, std::uint16_t p, std::function<void(const answer&)> d)
    : owner(o),
      port(p),
      done(std::move(d)),
      limit(o.on_, delegate<void()>::to<&waiter::on_late>(*this)) {}

void host_lookups::waiter::on_late() {
  late = true;
  owner.report_.schedule();
}

void host_lookups::resolve(dns_channel& dns, const std::string& host, std::uint16_t port,
                           time_point until, std::function<void(const answer&)> done) {
  if (const auto numeric = address::parse(host, port)) {
    done(std::vector<address>{*numeric});
    return;
  }
  if (const auto* known = cache_.find(host, on_.now())) {
    done(on_port(*known, port));
    return;
  }
  const auto running = std::find_if(queries_.begin(), queries_.end(), [&](const auto& other) {
    return other->host == host && !other->finished;
  });
  const bool fresh = running == queries_.end();
  query* const q = fresh ? queries_.emplace_back(std::make_unique<query>()).get() : running->get();
  q->waiters.push_back(std::make_unique<waiter>(*this, port, std::move(done)));
  q->waiters.back()->limit.arm(until);
  if (!fresh) return;
  q->owner = this;
  q->host = host;
  dns.ask_addresses(host, &host_lookups::on_answer, q);
}

void host_lookups::on_answer(void* context, int status, int, ares_addrinfo* info) {
  auto* const q = static_cast<query*>(context);
  q->finished = true;
  std::vector<address> addresses;
  q->life = address_cache::longest_life;
  for (const ares_addrinfo_node* n = info ? info->nodes : nullptr; n; n = n->ai_next) {
    const address a = address::from(n->ai_addr, n->ai_addrlen);
    if (std::find(addresses.begin(), addresses.end(), a) == addresses.end()) addresses.push_back(a);
    q->life = std::min<duration>(q->life, std::chrono::seconds(std::max(n->ai_ttl, 0)));
  }
  if (info) ares_freeaddrinfo(info);
  if (status == ARES_SUCCESS && !addresses.empty())
    q->found = std::move(addresses);
  else
    q->found =
        failure(q->host + ": " + (status == ARES_SUCCESS ? "no address" : ares_strerror(status)));
  q->owner->report_.schedule();
}

void host_lookups::collect(std::vector<std::function<void()>>& calls) {
  const auto tell = [&calls](waiter& w, answer what) {
    calls.push_back([done = std::move(w.done), what = std::move(what)] { done(what); });
  };
  for (const auto& q : queries_) {
    if (q->finished && q->found) cache_.keep(q->host, *q->found, q->life, on_.now());
    std::erase_if(q->waiters, [&](const std::unique_ptr<waiter>& w) {
      if (!q->finished && !w->late) return false;
      if (!q->finished)
        tell(*w, failure(q->host + ": no answer from DNS in time"));
      else if (q->found)
        tell(*w, on_port(*q->found, w->port));
      else
        tell(*w, q->found);
      return true;
    });
  }
  std::erase_if(queries_, [](const auto& q) { return q->finished; });
}

}  // namespace weir::io
