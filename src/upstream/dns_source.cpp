// A name's addresses, or its SRV records, as instances.

#include <algorithm>
#include <map>

#include "weir/upstream/directory.hpp"

namespace weir::upstream {
namespace {

// How often the resolver is asked, which answers out of its cache for as long as the records live.
constexpr duration look_again = std::chrono::seconds(1);
constexpr duration longest_lookup = std::chrono::seconds(5);

class dns_source final : public source {
 public:
  dns_source(io::loop& on, io::resolver& names, std::shared_ptr<service> of, list_changed changed)
      : loop_(on),
        names_(names),
        service_(std::move(of)),
        changed_(std::move(changed)),
        again_(on, delegate<void()>::to<&dns_source::look>(*this)) {
    again_.arm(loop_.now());
  }
  ~dns_source() override { *alive_ = false; }

 private:
  const discovery_settings& settings() const { return *service_->settings().discovery; }
  time_point until() const { return loop_.now() + longest_lookup; }

  void look() {
    if (settings().how == discovery_kind::dns) {
      names_.resolve(settings().name, settings().port, until(),
                     [this, alive = alive_](const io::resolver::answer& a) {
                       if (*alive) addresses(a);
                     });
    } else {
      names_.resolve_srv(settings().name, until(),
                         [this, alive = alive_](const io::resolver::srv_answer& a) {
                           if (*alive) records(a);
                         });
    }
  }

  void addresses(const io::resolver::answer& a) {
    if (!a) return over(a.error());
    std::vector<instance_spec> list;
    for (const io::address& one : *a) add(list, one, 1);
    take(list);
  }

  // The records of the best priority; each target's addresses share its weight.
  void records(const io::resolver::srv_answer& a) {
    if (!a) return over(a.error());
    std::uint16_t best = 65535;
    for (const io::srv_record& r : *a) best = std::min(best, r.priority);
    found_.clear();
    failed_.clear();
    left_ = 0;
    for (const io::srv_record& r : *a) left_ += r.priority == best ? 1 : 0;
    if (left_ == 0) return over("no record");
    for (const io::srv_record& r : *a) {
      if (r.priority != best) continue;
      // A weight of 0 is "hardly any"; of several that is an even share.
      const std::uint32_t weight = std::max<std::uint32_t>(1, r.weight);
      names_.resolve(r.target, r.port, until(),
                     [this, weight, alive = alive_](const io::resolver::answer& of) {
                       if (*alive) target(of, weight);
                     });
    }
  }

  void target(const io::resolver::answer& of, std::uint32_t weight) {
    if (of) {
      for (const io::address& one : *of) add(found_, one, weight);
    } else {
      failed_ = of.error();
    }
    if (--left_ > 0) return;
    // One that cannot be resolved might be any of the last known: keep them all.
    if (!failed_.empty()) return over(failed_);
    take(found_);
  }

  void add(std::vector<instance_spec>& to, const io::address& at, std::uint32_t weight) const {
    instance_spec one;
    one.host = at.ip();
    one.port = at.port();
    one.weight = weight;
    one.authority = settings().authority.empty() ? one.key() : settings().authority;
    to.push_back(std::move(one));
  }

  void take(const std::vector<instance_spec>& list) {
    if (list.empty()) return over("no address");
    roster& r = *service_->instances();
    r.heard(loop_.now());
    if (r.set(list, loop_.now())) changed_();
    over({});
  }

  void over(const std::string& trouble) {
    if (!trouble.empty()) service_->instances()->troubled(trouble);
    again_.arm(loop_.now() + look_again);
  }

  io::loop& loop_;
  io::resolver& names_;
  std::shared_ptr<service> service_;
  list_changed changed_;
  io::timer again_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<instance_spec> found_;
  std::string failed_;
  std::size_t left_ = 0;
};

}  // namespace

std::unique_ptr<source> follow_dns(io::loop& on, io::resolver& names, std::shared_ptr<service> of,
                                   list_changed changed) {
  return std::make_unique<dns_source>(on, names, std::move(of), std::move(changed));
}

}  // namespace weir::upstream
