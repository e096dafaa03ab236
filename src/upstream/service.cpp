#include "weir/upstream/service.hpp"

namespace weir::upstream {
namespace {

bool same(const retry_budget_options& a, const retry_budget_options& b) {
  return a.ratio == b.ratio && a.floor == b.floor && a.within == b.within;
}

// Where a service's answers come from: of another place they are others.
std::string place_of(const service_settings& s) {
  return (s.tls ? "https://" : "http://") + s.authority + (s.discovery ? "+" : "");
}

}  // namespace

// Nothing of the service that runs is changed here: the configuration may yet be refused. A circuit
// that runs takes its new options in commit().
std::shared_ptr<service> service_registry::prepare(const service_settings& settings,
                                                   time_point now) {
  const std::lock_guard lock(mutex_);
  const auto [index, is_new] = indexes_.try_emplace(settings.name, next_index_);
  if (is_new) ++next_index_;

  const auto known = kept_.find(settings.name);
  std::optional<circuit_breaker> circuit;
  if (settings.breaker) {
    if (known != kept_.end() && known->second.circuit) {
      circuit = known->second.circuit;
    } else {
      circuit.emplace(*settings.breaker);
    }
  }
  std::optional<retry_budget> budget;
  if (known != kept_.end() && known->second.budget &&
      same(known->second.budget->options(), settings.budget)) {
    budget = known->second.budget;
  }
  if (!budget) budget.emplace(settings.budget);
  auto limits = std::make_shared<service_limits>(
      settings.limits, known != kept_.end() ? known->second.limits : nullptr);
  std::shared_ptr<roster> instances;
  if (settings.discovery) {
    if (known != kept_.end()) instances = known->second.instances;
    if (!instances) {
      roster::circuit_made made;
      if (made_) {
        made = [tell = made_, of = settings](const circuit_breaker& c) { tell(c, of); };
      }
      instances = std::make_shared<roster>(settings.instances, std::move(made));
      // Nobody uses it yet, and workers come before commit().
      if (settings.discovery->how == discovery_kind::fixed) {
        instances->set(settings.discovery->listed, now);
      }
    }
  }
  std::shared_ptr<answer_cache> answers;
  if (settings.cache_bytes > 0) {
    if (known != kept_.end() && known->second.place == place_of(settings)) {
      answers = known->second.answers;
    }
    if (!answers || answers->capacity() != settings.cache_bytes) {
      answers = std::make_shared<answer_cache>(settings.cache_bytes);
    }
  }
  return std::make_shared<service>(settings, index->second, std::move(circuit), std::move(*budget),
                                   std::move(limits), std::move(instances), std::move(answers));
}

void service_registry::commit(const std::vector<std::shared_ptr<service>>& now_in_use,
                              time_point now) {
  std::vector<std::shared_ptr<service>> new_circuits;
  {
    const std::lock_guard lock(mutex_);
    std::map<std::string, kept, std::less<>> next;
    for (const auto& s : now_in_use) {
      const auto before = kept_.find(s->name());
      const bool runs = before != kept_.end() && s->circuit() && before->second.circuit &&
                        *before->second.circuit == *s->circuit();
      if (runs) {
        s->circuit()->reconfigure(*s->settings().breaker);
      } else if (s->circuit()) {
        new_circuits.push_back(s);
      }
      s->limits().commit();
      if (s->instances()) {
        s->instances()->reconfigure(s->settings().instances, now);
        if (s->settings().discovery->how == discovery_kind::fixed) {
          s->instances()->set(s->settings().discovery->listed, now);
        }
      }
      next.insert_or_assign(s->name(), kept{s->circuit(), s->budget(), s->shared_limits(),
                                            s->instances(), s->answers(), place_of(s->settings())});
    }
    kept_ = std::move(next);
  }
  // Outside the lock: the listener may ask the registry.
  if (!made_) return;
  for (const auto& s : new_circuits) made_(*s->circuit(), s->settings());
}

std::size_t service_registry::indexes() const {
  const std::lock_guard lock(mutex_);
  return next_index_;
}

}  // namespace weir::upstream
