// Active checks: each instance is asked on its own clock, with jitter, so that they are not all
// asked at once.

#include <map>

#include "weir/upstream/directory.hpp"
#include "weir/upstream/fetch.hpp"

namespace weir::upstream {
namespace {

// How soon a change of the list is seen.
constexpr duration look_again = std::chrono::milliseconds(200);

class checker final : public source {
 public:
  checker(io::loop& on, io::resolver& names, std::shared_ptr<service> of)
      : loop_(on),
        names_(names),
        service_(std::move(of)),
        look_at_(on, delegate<void()>::to<&checker::look>(*this)) {
    look_at_.arm(loop_.now());
  }

 private:
  // The checks of one instance.
  struct patient {
    patient(checker& by, std::shared_ptr<instance> i)
        : owner(by),
          who(std::move(i)),
          way(by.loop_, by.names_, by.place_of(*who)),
          ask(by.loop_, [this](const fetch::answer& a) { answered(a); }),
          next(by.loop_, delegate<void()>::to<&patient::start>(*this)) {
      next.arm(owner.loop_.now());
    }

    void start() {
      const check_settings& c = owner.settings();
      fetch::request r;
      r.target = c.path;
      r.authority = who->spec().authority;
      r.header_lines = "User-Agent: weir-health\r\n";
      r.until = owner.loop_.now() + c.timeout;
      r.most = 1024 * 1024;
      ask.start(way, std::move(r));
    }

    void answered(const fetch::answer& a) {
      const check_settings& c = owner.settings();
      const bool passed =
          a.status > 0 && a.status < 600 && c.statuses.test(static_cast<std::size_t>(a.status));
      owner.service_->instances()->checked(
          *who, passed, a.status > 0 ? "status " + std::to_string(a.status) : a.error,
          owner.loop_.now());
      const double factor = 1 + c.jitter * (2 * thread_random().unit() - 1);
      next.arm(owner.loop_.now() + std::chrono::duration_cast<duration>(c.every * factor));
    }

    checker& owner;
    std::shared_ptr<instance> who;
    link way;
    fetch ask;
    io::timer next;
  };

  const check_settings& settings() const { return *service_->settings().checks; }

  link::place place_of(const instance& who) const {
    const service_settings& s = service_->settings();
    link::place p{.service = s.name,
                  .host = who.spec().host,
                  .port = who.spec().port,
                  .tls = s.tls,
                  .ca_file = s.ca_file,
                  .verify = s.verify,
                  .server_name = s.server_name,
                  .pool = {},
                  .troubles = service_->troubles()};
    p.pool.connections = p.pool.idle_connections = 1;
    return p;
  }

  void look() {
    look_at_.arm(loop_.now() + look_again);
    const roster& r = *service_->instances();
    if (r.version() == seen_) return;
    seen_ = r.version();
    const auto now_listed = r.current();
    std::map<const instance*, std::unique_ptr<patient>> next;
    for (const auto& i : now_listed->all) {
      auto known = patients_.find(i.get());
      next.emplace(i.get(), known != patients_.end() ? std::move(known->second)
                                                     : std::make_unique<patient>(*this, i));
    }
    patients_ = std::move(next);
  }

  io::loop& loop_;
  io::resolver& names_;
  std::shared_ptr<service> service_;
  std::uint64_t seen_ = static_cast<std::uint64_t>(-1);
  std::map<const instance*, std::unique_ptr<patient>> patients_;
  io::timer look_at_;
};

}  // namespace

std::unique_ptr<source> check_instances(io::loop& on, io::resolver& names,
                                        std::shared_ptr<service> of) {
  return std::make_unique<checker>(on, names, std::move(of));
}

}  // namespace weir::upstream
