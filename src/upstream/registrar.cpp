#include "weir/upstream/registrar.hpp"

#include <algorithm>
#include <atomic>

#include "weir/base/duration_text.hpp"
#include "weir/base/log.hpp"
#include "weir/base/random.hpp"
#include "weir/json/writer.hpp"
#include "weir/upstream/consul_state.hpp"
#include "weir/upstream/fetch.hpp"

namespace weir::upstream {
namespace {

constexpr duration first_pause = std::chrono::milliseconds(100);
constexpr duration longest_answer = std::chrono::seconds(3);

std::string milliseconds(duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + "ms";
}

}  // namespace

std::string registration::the_id() const {
  return id.empty() ? name + "-" + address + "-" + std::to_string(port) : id;
}

std::string registration::json() const {
  std::string body;
  json::writer out(body);
  out.begin_object();
  out.key("ID").string(the_id()).key("Name").string(name);
  out.key("Address").string(address).key("Port").unsigned_integer(port);
  out.key("Tags").begin_array();
  for (const std::string& t : tags) out.string(t);
  out.end_array();
  out.key("Weights").begin_object();
  out.key("Passing").unsigned_integer(weight).key("Warning").integer(1).end_object();
  out.key("Check").begin_object();
  // Passing until it is known better: who registers is there.
  out.key("Status").string("passing");
  out.key("DeregisterCriticalServiceAfter").string(milliseconds(forget_after));
  if (check_path.empty()) {
    out.key("TTL").string(milliseconds(check_every));
  } else {
    const bool v6 = address.find(':') != std::string::npos;
    out.key("HTTP").string("http://" + (v6 ? "[" + address + "]" : address) + ":" +
                           std::to_string(port) + check_path);
    out.key("Interval").string(milliseconds(check_every));
    out.key("Timeout").string(milliseconds(check_timeout));
  }
  out.end_object().end_object();
  return body;
}

struct registrar::impl {
  impl(io::loop& on, const consul_settings& at, registration w)
      : loop(on),
        consul(at),
        what(std::move(w)),
        names(on),
        agent(on, names,
              {.service = "consul",
               .host = at.host,
               .port = at.port,
               .tls = at.tls,
               .ca_file = at.ca_file,
               .verify = at.verify,
               .server_name = {},
               .pool = {},
               .troubles = {}}),
        ask(on, [this](const fetch::answer& a) { answered(a); }),
        next(on, delegate<void()>::to<&impl::go>(*this)),
        give_up(on, delegate<void()>::to<&impl::too_late>(*this)) {
    next.arm(loop.now());
  }

  void put(std::string target, std::string body) {
    fetch::request r;
    r.verb = http::method::put;
    r.target = std::move(target);
    r.authority = consul.authority;
    if (!consul.token.empty()) r.header_lines = "X-Consul-Token: " + consul.token + "\r\n";
    if (!body.empty()) r.header_lines += "Content-Type: application/json\r\n";
    r.body = std::move(body);
    r.until = loop.now() + longest_answer;
    ask.start(agent, std::move(r));
  }

  void go() {
    if (leaving) {
      doing = act::leave;
      put("/v1/agent/service/deregister/" + encode_component(what.the_id()), {});
    } else if (!there || loop.now() >= register_at) {
      doing = act::enter;
      put("/v1/agent/service/register?replace-existing-checks=true", what.json());
    } else {
      doing = act::renew;
      put("/v1/agent/check/pass/service:" + encode_component(what.the_id()), {});
    }
  }

  void answered(const fetch::answer& a) {
    const bool good = a.status == 200;
    if (good) failures = 0;
    if (doing == act::leave) {
      if (good) return over(true);
      return retry();
    }
    if (leaving) return go();
    if (!good) {
      const std::string why = a.status == 0 ? a.error : "status " + std::to_string(a.status);
      if (there || failures == 0) {
        log::warn("not registered with Consul",
                  {{"service", what.name}, {"id", what.the_id()}, {"reason", why}});
      }
      // An agent that does not know us answers so; it is told anew at once.
      const bool forgotten = doing == act::renew && a.status != 0;
      there = false;
      if (forgotten) return go();
      return retry();
    }
    if (doing == act::enter) {
      if (!there) {
        log::info("registered with Consul", {{"service", what.name}, {"id", what.the_id()}});
      }
      there = true;
      register_at = loop.now() + what.again;
    }
    const duration renew = what.check_path.empty() ? what.check_every / 3 : what.again;
    next.arm(std::min(register_at, loop.now() + renew));
  }

  void retry() {
    const auto doubled = first_pause * (1 << std::min(failures, 10u));
    ++failures;
    const duration most = std::min<duration>(doubled, consul.longest_pause);
    const double share = 0.5 + 0.5 * thread_random().unit();
    next.arm(loop.now() + std::chrono::duration_cast<duration>(most * share));
  }

  void leave(duration within, std::function<void(bool)> done) {
    leaving = true;
    left = std::move(done);
    give_up.arm(loop.now() + within);
    failures = 0;
    // An answer to a registration is waited for: the agent might take it after our leave.
    if (ask.running() && doing == act::enter) return;
    ask.cancel();
    next.arm(loop.now());
  }

  void too_late() { over(taken_out); }

  void over(bool out) {
    ask.cancel();
    next.disarm();
    give_up.disarm();
    there = false;
    if (out && !taken_out) {
      taken_out = true;
      log::info("deregistered from Consul", {{"service", what.name}, {"id", what.the_id()}});
      if (what.notice > duration::zero()) return give_up.arm(loop.now() + what.notice);
    }
    if (const auto tell = std::exchange(left, {})) tell(out);
  }

  enum class act : std::uint8_t { enter, renew, leave };

  io::loop& loop;
  consul_settings consul;
  registration what;
  io::resolver names;
  link agent;
  fetch ask;
  io::timer next;
  io::timer give_up;
  act doing = act::enter;
  std::atomic<bool> there{false};
  bool leaving = false;
  bool taken_out = false;
  std::uint32_t failures = 0;
  time_point register_at{};
  std::function<void(bool)> left;
};

registrar::registrar(io::loop& on, const consul_settings& at, registration what)
    : impl_(std::make_unique<impl>(on, at, std::move(what))) {}
registrar::~registrar() = default;

void registrar::leave(duration patience, std::function<void(bool)> done) {
  impl_->leave(patience, std::move(done));
}

bool registrar::registered() const noexcept {
  return impl_->there;
}

}  // namespace weir::upstream
