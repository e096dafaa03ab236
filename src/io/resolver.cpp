#include "weir/io/resolver.hpp"

// Newer c-ares marks what 1.18 (Debian 12) has no other calls for, and keeps it working.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "weir/io/address_cache.hpp"

namespace weir::io {
namespace {

constexpr int query_timeout_ms = 2000;  // of one try at one server
constexpr int query_tries = 2;

void start_ares_once() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS)
    throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
}

address with_port(address of, std::uint16_t port) {
  sockaddr_storage raw{};
  std::copy_n(reinterpret_cast<const char*>(of.raw()), of.raw_length(),
              reinterpret_cast<char*>(&raw));
  if (raw.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6&>(raw).sin6_port = htons(port);
  else
    reinterpret_cast<sockaddr_in&>(raw).sin_port = htons(port);
  return address::from(reinterpret_cast<const sockaddr*>(&raw), of.raw_length());
}

}  // namespace

struct resolver::impl {
  // One of c-ares's sockets.
  struct watched final : fd_handler {
    watched(impl& o, ares_socket_t s) : owner(o), fd(s) {}
    void on_ready(readiness what) override { owner.process(fd, what); }
    impl& owner;
    ares_socket_t fd;
  };

  struct waiter {
    waiter(impl& o, std::function<void(const answer&)> d)
        : owner(o),
          done(std::move(d)),
          limit(o.on, delegate<void()>::to<&waiter::on_late>(*this)) {}
    void on_late() {
      late = true;
      owner.finish_late();
    }
    impl& owner;
    std::uint16_t port = 0;
    bool late = false;
    std::function<void(const answer&)> done;
    timer limit;
  };

  struct query {
    impl* owner;
    std::string host;
    bool finished = false;
    answer found{failure(std::string())};
    duration life{};
    std::vector<std::unique_ptr<waiter>> waiters;
  };

  struct srv_query {
    srv_query(impl& o, std::string n, std::function<void(const srv_answer&)> d)
        : owner(o),
          name(std::move(n)),
          done(std::move(d)),
          limit(o.on, delegate<void()>::to<&srv_query::on_late>(*this)) {}
    void on_late() {
      late = true;
      owner.report.schedule();
    }
    impl& owner;
    std::string name;
    std::function<void(const srv_answer&)> done;  // empty: told
    bool finished = false;                        // c-ares is done with it
    bool late = false;
    srv_answer found{failure(std::string())};
    duration life{};
    timer limit;
  };
  struct known_srv {
    std::vector<srv_record> records;
    time_point until;
  };

  impl(loop& l, const std::string& servers)
      : on(l),
        tick(l, delegate<void()>::to<&impl::on_tick>(*this)),
        report(l, delegate<void()>::to<&impl::on_report>(*this)) {
    start_ares_once();
    ares_options options{};
    std::array<char, 3> lookups{'f', 'b', '\0'};  // the hosts file, then DNS
    options.lookups = lookups.data();
    options.timeout = query_timeout_ms;
    options.tries = query_tries;
    options.sock_state_cb = &impl::on_socket_state;
    options.sock_state_cb_data = this;
    const int status = ares_init_options(
        &channel, &options,
        ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS)
      throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
    if (!servers.empty()) ares_set_servers_ports_csv(channel, servers.c_str());
  }

  ~impl() {
    if (destroyed) *destroyed = true;
    dying = true;
    ares_destroy(channel);  // ends the queries, through on_answer
  }

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<impl*>(self)->socket_state(fd, readable != 0 || writable != 0);
  }

  void socket_state(ares_socket_t fd, bool used) {
    const auto found = sockets.find(fd);
    if (used && found == sockets.end()) {
      auto made = std::make_unique<watched>(*this, fd);
      if (on.watch(fd, *made)) sockets.emplace(fd, std::move(made));
    } else if (!used && found != sockets.end()) {
      on.forget(fd, *found->second);
      closing.push_back(std::move(found->second));  // it may be what is calling us
      sockets.erase(found);
    }
  }

  void process(ares_socket_t fd, fd_handler::readiness what) {
    const bool readable = what.readable || what.peer_closed;
    ares_process_fd(channel, readable ? fd : ARES_SOCKET_BAD, what.writable ? fd : ARES_SOCKET_BAD);
    // c-ares may leave bytes in a TCP socket, of which no further edge would tell.
    for (int i = 0; i < 16 && readable && sockets.contains(fd); ++i) {
      pollfd now{.fd = fd, .events = POLLIN, .revents = 0};
      if (::poll(&now, 1, 0) != 1 || (now.revents & POLLIN) == 0) break;
      ares_process_fd(channel, fd, ARES_SOCKET_BAD);
    }
    after_ares();
  }

  void on_tick() {
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    after_ares();
  }

  void after_ares() {
    timeval longest{};
    timeval wait{};
    longest.tv_sec = 3600;
    if (queries.empty() && srv_queries.empty()) {
      tick.disarm();
    } else {
      const timeval* const next = ares_timeout(channel, &longest, &wait);
      tick.arm(on.now() + std::chrono::seconds(next->tv_sec) +
               std::chrono::microseconds(next->tv_usec));
    }
    if (!closing.empty()) report.schedule();
  }

  static void on_answer(void* context, int status, int, ares_addrinfo* info) {
    auto* const q = static_cast<query*>(context);
    impl* const self = q->owner;
    if (self->dying) {
      if (info) ares_freeaddrinfo(info);
      return;
    }
    q->finished = true;
    std::vector<address> addresses;
    duration life = address_cache::longest_life;
    for (const ares_addrinfo_node* n = info ? info->nodes : nullptr; n; n = n->ai_next) {
      const address a = address::from(n->ai_addr, n->ai_addrlen);
      if (std::find(addresses.begin(), addresses.end(), a) == addresses.end())
        addresses.push_back(a);
      life = std::min<duration>(life, std::chrono::seconds(std::max(n->ai_ttl, 0)));
    }
    if (info) ares_freeaddrinfo(info);
    q->life = life;
    if (status == ARES_SUCCESS && !addresses.empty())
      q->found = std::move(addresses);
    else
      q->found =
          failure(q->host + ": " + (status == ARES_SUCCESS ? "no address" : ares_strerror(status)));
    // Callers are told outside c-ares, which must not be called back, let alone destroyed, from
    // here.
    self->report.schedule();
  }

  void finish_late() { report.schedule(); }

  static void on_srv_answer(void* context, int status, int, unsigned char* data, int length) {
    auto* const q = static_cast<srv_query*>(context);
    impl* const self = &q->owner;
    if (self->dying) return;
    q->finished = true;
    if (status == ARES_SUCCESS) {
      q->found = read_srv({data, static_cast<std::size_t>(length)}, q->life);
    } else {
      q->found = failure(q->name + ": " + ares_strerror(status));
    }
    self->report.schedule();
  }

  // The records, and in `life` the shortest time that one of them lives: c-ares reads all but that.
  static srv_answer read_srv(std::span<const unsigned char> message, duration& life) {
    ares_srv_reply* list = nullptr;
    const int size = static_cast<int>(message.size());
    if (const int status = ares_parse_srv_reply(message.data(), size, &list);
        status != ARES_SUCCESS) {
      return failure(std::string(ares_strerror(status)));
    }
    std::vector<srv_record> out;
    for (const ares_srv_reply* r = list; r; r = r->next) {
      out.push_back({r->host, r->port, r->priority, r->weight});
    }
    ares_free_data(list);
    life = shortest_life(message);
    return out;
  }

  static duration shortest_life(std::span<const unsigned char> message) {
    constexpr std::size_t header = 12;
    const auto number = [&](std::size_t at) {
      return static_cast<std::size_t>(message[at] << 8 | message[at + 1]);
    };
    std::size_t at = header;
    const auto skip_name = [&] {
      char* name = nullptr;
      long length = 0;
      if (at >= message.size() ||
          ares_expand_name(message.data() + at, message.data(), static_cast<int>(message.size()),
                           &name, &length) != ARES_SUCCESS) {
        return false;
      }
      ares_free_string(name);
      at += static_cast<std::size_t>(length);
      return true;
    };
    duration shortest = address_cache::longest_life;
    if (message.size() < header) return address_cache::least_life;
    const std::size_t questions = number(4);
    const std::size_t answers = number(6);
    for (std::size_t i = 0; i < questions; ++i) {
      if (!skip_name()) return address_cache::least_life;
      at += 4;
    }
    for (std::size_t i = 0; i < answers; ++i) {
      if (!skip_name() || at + 10 > message.size()) return address_cache::least_life;
      const auto ttl = static_cast<std::int64_t>(number(at + 4) << 16 | number(at + 6));
      shortest = std::min<duration>(shortest, std::chrono::seconds(ttl));
      at += 10 + number(at + 8);
    }
    return std::max<duration>(shortest, address_cache::least_life);
  }

  void resolve_srv(const std::string& name, time_point until,
                   std::function<void(const srv_answer&)> done) {
    if (const auto known = srv_cache.find(name); known != srv_cache.end()) {
      if (known->second.until > on.now()) {
        done(known->second.records);
        return;
      }
      srv_cache.erase(known);
    }
    srv_queries.push_back(std::make_unique<srv_query>(*this, name, std::move(done)));
    srv_query* const q = srv_queries.back().get();
    q->limit.arm(until);
    constexpr int class_in = 1;
    constexpr int type_srv = 33;
    ares_query(channel, name.c_str(), class_in, type_srv, &impl::on_srv_answer, q);
    after_ares();
  }

  // Told, and gone once c-ares is done with them, too.
  void finish_srv(std::vector<std::function<void()>>& calls) {
    for (const auto& q : srv_queries) {
      if (!q->done || (!q->finished && !q->late)) continue;
      if (q->finished && q->found) {
        srv_cache[q->name] = {*q->found, saturating_add(on.now(), q->life)};
      }
      srv_answer said =
          q->finished ? q->found : srv_answer(failure(q->name + ": no answer from DNS in time"));
      q->limit.disarm();
      calls.push_back([done = std::exchange(q->done, {}), said] { done(said); });
    }
    std::erase_if(srv_queries, [](const auto& q) { return q->finished; });
  }

  void resolve(const std::string& host, std::uint16_t port, time_point until,
               std::function<void(const answer&)> done) {
    if (const auto numeric = address::parse(host, port)) {
      done(std::vector<address>{*numeric});
      return;
    }
    if (const auto* known = cache.find(host, on.now())) {
      done(on_port(*known, port));
      return;
    }
    query* q = nullptr;
    const auto running = std::find_if(queries.begin(), queries.end(), [&](const auto& other) {
      return other->host == host && !other->finished;
    });
    const bool fresh = running == queries.end();
    if (fresh) {
      queries.push_back(std::make_unique<query>());
      q = queries.back().get();
      q->owner = this;
      q->host = host;
    } else {
      q = running->get();
    }
    auto w = std::make_unique<waiter>(*this, std::move(done));
    w->port = port;
    w->limit.arm(until);
    q->waiters.push_back(std::move(w));
    if (!fresh) return;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, &impl::on_answer, q);
    after_ares();
  }

  static std::vector<address> on_port(const std::vector<address>& of, std::uint16_t port) {
    std::vector<address> out;
    out.reserve(of.size());
    for (const address& a : of) out.push_back(with_port(a, port));
    return out;
  }

  struct call {
    std::function<void(const answer&)> done;
    answer what;
  };

  void on_report() {
    closing.clear();
    std::vector<call> calls;
    for (const auto& q : queries) {
      if (q->finished && q->found) cache.keep(q->host, *q->found, q->life, on.now());
      std::erase_if(q->waiters, [&](const std::unique_ptr<waiter>& w) {
        if (!q->finished && !w->late) return false;
        if (!q->finished)
          calls.push_back({std::move(w->done), failure(q->host + ": no answer from DNS in time")});
        else if (q->found)
          calls.push_back({std::move(w->done), on_port(*q->found, w->port)});
        else
          calls.push_back({std::move(w->done), q->found});
        return true;
      });
    }
    std::erase_if(queries, [](const auto& q) { return q->finished; });
    std::vector<std::function<void()>> srv_calls;
    finish_srv(srv_calls);
    bool gone = false;
    destroyed = &gone;
    for (const call& c : calls) {
      c.done(c.what);
      if (gone) return;
    }
    for (const auto& c : srv_calls) {
      c();
      if (gone) return;
    }
    destroyed = nullptr;
  }

  loop& on;
  ares_channel channel = nullptr;
  bool dying = false;
  bool* destroyed = nullptr;
  std::unordered_map<ares_socket_t, std::unique_ptr<watched>> sockets;
  std::vector<std::unique_ptr<watched>> closing;
  std::vector<std::unique_ptr<query>> queries;
  std::vector<std::unique_ptr<srv_query>> srv_queries;
  std::unordered_map<std::string, known_srv> srv_cache;  // no more than services that are followed
  address_cache cache;
  timer tick;
  deferred report;
};

resolver::resolver(loop& on) : resolver(on, {}) {}
resolver::resolver(loop& on, const std::string& servers)
    : impl_(std::make_unique<impl>(on, servers)) {}
resolver::~resolver() = default;

void resolver::resolve(const std::string& host, std::uint16_t port, time_point until,
                       std::function<void(const answer&)> done) {
  impl_->resolve(host, port, until, std::move(done));
}

void resolver::resolve_srv(const std::string& name, time_point until,
                           std::function<void(const srv_answer&)> done) {
  impl_->resolve_srv(name, until, std::move(done));
}

}  // namespace weir::io
