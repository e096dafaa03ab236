#include "weir/gateway/config/effective.hpp"

#include <initializer_list>
#include <utility>

namespace weir::gateway::config {
namespace {

template <class T>
using word = setting<T> policy_document::*;

struct level {
  const policy_document* words;
  std::string from;
};

// The policies below a service, a route or a step: the one named nearest, then `default`.
std::vector<level> policies_for(const document& d,
                                std::initializer_list<const setting<std::string>*> nearest_first) {
  std::vector<level> out;
  for (const setting<std::string>* name : nearest_first) {
    if (name == nullptr || !*name) continue;
    if (const policy_document* p = find_policy(d, **name)) {
      out.push_back({p, "the policy `" + **name + "`"});
    }
    break;
  }
  if (const policy_document* p = find_policy(d, "default")) {
    out.push_back({p, "the policy `default`"});
  }
  return out;
}

template <class T>
effective<T> first_of(const std::vector<level>& levels, word<T> which) {
  for (const level& l : levels) {
    const setting<T>& s = l.words->*which;
    if (s.value) return {&s, l.from};
  }
  return {};
}

}  // namespace

effective_words words_of(const document& d, const route_document& route, const step_document* step,
                         const service_document* service) {
  std::vector<level> levels;
  if (step != nullptr) levels.push_back({&step->words, "the step"});
  levels.push_back({&route.settings.words, "the route"});
  if (service != nullptr) levels.push_back({&service->words, "the service"});
  for (level& l :
       policies_for(d, {step != nullptr ? &step->policy : nullptr, &route.settings.policy,
                        service != nullptr ? &service->policy : nullptr})) {
    levels.push_back(std::move(l));
  }
  return {first_of(levels, &policy_document::timeout),
          first_of(levels, &policy_document::attempt_timeout),
          first_of(levels, &policy_document::retry), first_of(levels, &policy_document::hedge),
          first_of(levels, &policy_document::cache)};
}

service_words words_of(const document& d, const service_document& service) {
  std::vector<level> levels{{&service.words, "the service"}};
  for (level& l : policies_for(d, {&service.policy})) levels.push_back(std::move(l));
  return {first_of(levels, &policy_document::connect_timeout),
          first_of(levels, &policy_document::breaker),
          first_of(levels, &policy_document::timeout),
          first_of(levels, &policy_document::attempt_timeout),
          first_of(levels, &policy_document::retry),
          first_of(levels, &policy_document::bulkhead),
          first_of(levels, &policy_document::rate_limit),
          first_of(levels, &policy_document::adaptive_limit),
          first_of(levels, &policy_document::throttle),
          first_of(levels, &policy_document::cache)};
}

const named<service_document>* service_of(const document& d, const step_document& step) {
  const auto call = step.the_call();
  if (!call || !*call->to) return nullptr;
  return find_service(d, (*call->to)->service);
}

const std::vector<std::string>& forwarded(const document& d, const route_document& route,
                                          const step_document* step,
                                          const service_document* service) {
  static const std::vector<std::string> none;
  if (step != nullptr && step->forward) return *step->forward;
  if (route.settings.forward) return *route.settings.forward;
  if (service != nullptr && service->forward) return *service->forward;
  if (d.forward) return *d.forward;
  return none;
}

std::optional<step_document::call> step_document::the_call() const noexcept {
  if (get.given) return call{verb::get, &get};
  if (post.given) return call{verb::post, &post};
  if (put.given) return call{verb::put, &put};
  if (delete_.given) return call{verb::delete_, &delete_};
  if (patch.given) return call{verb::patch, &patch};
  return std::nullopt;
}

}  // namespace weir::gateway::config
