// One service followed in Consul: the I/O around consul_state.

#include "weir/base/log.hpp"
#include "weir/upstream/consul_state.hpp"
#include "weir/upstream/directory.hpp"
#include "weir/upstream/fetch.hpp"

namespace weir::upstream {
namespace {

class consul_source final : public source {
 public:
  consul_source(io::loop& on, link& agent, const consul_settings& at, std::shared_ptr<service> of,
                std::vector<instance_spec> last_known, list_changed changed)
      : loop_(on),
        agent_(agent),
        authority_(at.authority),
        service_(std::move(of)),
        changed_(std::move(changed)),
        state_(at, *service_->settings().discovery),
        fetch_(on, [this](const fetch::answer& a) { answered(a); }),
        ask_at_(on, delegate<void()>::to<&consul_source::ask>(*this)),
        apply_at_(on, delegate<void()>::to<&consul_source::apply>(*this)) {
    if (!last_known.empty()) state_.remember(std::move(last_known));
    ask_at_.arm(loop_.now());
  }

 private:
  void ask() {
    fetch::request r;
    r.target = state_.target();
    r.authority = authority_;
    r.header_lines = state_.header_lines();
    r.until = loop_.now() + state_.patience();
    r.keep = {"x-consul-index", "x-consul-knownleader"};
    fetch_.start(agent_, std::move(r));
  }

  void answered(const fetch::answer& a) {
    const time_point now = loop_.now();
    const time_point again =
        a.status == 0 ? state_.failed(a.error, now, thread_random())
                      : state_.answered({.status = a.status,
                                         .index = a.header("x-consul-index"),
                                         .known_leader = a.header("x-consul-knownleader"),
                                         .body = a.body},
                                        now, thread_random());
    roster& r = *service_->instances();
    if (state_.trouble().empty()) {
      r.heard(now);
    } else {
      r.troubled(state_.trouble());
    }
    ask_at_.arm(again);
    if (state_.due_at() <= now) {
      apply();
    } else {
      apply_at_.arm(state_.due_at());
    }
  }

  void apply() {
    const time_point now = loop_.now();
    if (const auto list = state_.take(now)) {
      service_->instances()->set(*list, now);
      changed_();
    }
    apply_at_.arm(state_.due_at());
  }

  io::loop& loop_;
  link& agent_;
  std::string authority_;
  std::shared_ptr<service> service_;
  list_changed changed_;
  consul_state state_;
  fetch fetch_;
  io::timer ask_at_;
  io::timer apply_at_;
};

}  // namespace

std::unique_ptr<source> follow_consul(io::loop& on, link& agent, const consul_settings& at,
                                      std::shared_ptr<service> of,
                                      std::vector<instance_spec> last_known, list_changed changed) {
  return std::make_unique<consul_source>(on, agent, at, std::move(of), std::move(last_known),
                                         std::move(changed));
}

}  // namespace weir::upstream
