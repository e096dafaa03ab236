#include <algorithm>
#include <map>

#include "checks.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/gateway/config/effective.hpp"

namespace weir::gateway::config {
namespace {

using expression::type;

class step_checker {
 public:
  step_checker(checking& c, const route_document& route, const scope& names,
               const named<step_document>& step)
      : c_(c),
        route_(route),
        names_(names),
        name_(step.name),
        at_(step.where),
        whole_(step.whole),
        s_(step.value) {}

  // The names that the step's expressions use.
  name_set run() {
    check_new_name(c_.r, name_, at_, "step");
    const bool is_call = check_what();
    if (!is_call) check_no_call_keys();
    check_joined_keys();
    check_policy_name(c_, s_.policy);
    check_retry();
    check_budget(c_, s_.words.retry);
    check_words(c_, s_.words);
    name_set used = check_expressions();
    check_default();
    if (is_call) check_times();
    return used;
  }

 private:
  // False for a computed step.
  bool check_what() {
    const setting<target>* const calls[] = {&s_.get, &s_.post, &s_.put, &s_.delete_, &s_.patch};
    const setting<target>* first = nullptr;
    for (const setting<target>* call : calls) {
      if (!call->given) continue;
      check_service_name(c_, *call);
      check_rest(c_, route_.pattern, *call);
      if (first != nullptr) {
        c_.r.error(call->key, "a step makes one call; give the other its own step");
      } else {
        first = call;
      }
    }
    if (first != nullptr && s_.value.given) {
      c_.r.error(s_.value.key, "a step makes a call or has a `value`, not both; take one out");
    }
    if (first == nullptr && !s_.value.given && !c_.r.has_error_in(whole_)) {
      c_.r.error(at_,
                 "the step `" + name_ +
                     "` does nothing; give it `get: service/path`, another call, or a `value`");
    }
    return first != nullptr || !s_.value.given;
  }

  template <class T>
  void only_for_calls(const setting<T>& s, std::string_view key) {
    if (s.given)
      c_.r.error(s.key, "`" + std::string(key) +
                            "` belongs to a call, and this step is computed; take it out");
  }

  void check_no_call_keys() {
    only_for_calls(s_.each, "each");
    only_for_calls(s_.take, "take");
    only_for_calls(s_.expect, "expect");
    only_for_calls(s_.as, "as");
    only_for_calls(s_.missing, "missing");
    only_for_calls(s_.pass, "pass");
    only_for_calls(s_.query, "query");
    only_for_calls(s_.headers, "headers");
    only_for_calls(s_.body, "body");
    only_for_calls(s_.forward, "forward");
    only_for_calls(s_.honours, "honours");
    only_for_calls(s_.policy, "policy");
    only_for_calls(s_.words.timeout, "timeout");
    only_for_calls(s_.words.attempt_timeout, "attempt_timeout");
    only_for_calls(s_.words.retry, "retry");
    only_for_calls(s_.words.hedge, "hedge");
    only_for_calls(s_.words.cache, "cache");
    only_for_calls(s_.response, "response");
  }

  void check_joined_keys() {
    if (s_.limit.given && !s_.each.given) {
      c_.r.error(s_.limit.key,
                 "`limit` belongs to `each`; take it out, or add `each: LIST as NAME`");
    }
    if (s_.max_items.given && !s_.each.given) {
      c_.r.error(s_.max_items.key,
                 "`max_items` belongs to `each`; take it out, or add `each: LIST as NAME`");
    }
    if (s_.pass.given && s_.each.given) {
      c_.r.error(s_.pass.key, "one of many calls cannot be the client's answer; take `pass` out");
    }
    if (s_.body.given && s_.get.given) {
      c_.r.error(s_.body.key, "a GET has no body; use `post`, or `query`");
    }
    if (s_.missing.given && s_.fallback.given) {
      c_.r.warn(s_.missing.key,
                "with a `default`, `missing` never reaches the client; take one of them out");
    }
    if (s_.as && s_.expect) {
      const bool fits =
          *s_.as == body_as::json || (*s_.as == body_as::text && *s_.expect == body_kind::string);
      if (!fits)
        c_.r.error(s_.expect.where,
                   "a body read as text or bytes is never of this kind; take `expect` out");
    }
    if (const auto call = s_.the_call(); call && *call->to) {
      if ((*call->to)->client_query && s_.query.given) {
        c_.r.error(s_.query.key,
                   "the client's query cannot be joined to a query of the step's own; pass single "
                   "parameters on: `name: ${query.name}`");
      }
      if ((*call->to)->client_query && s_.each.given) {
        c_.r.warn((*call->to).where,
                  "every call of this `each` carries the client's whole query; pass single "
                  "parameters on if that is not meant");
      }
    }
  }

  void check_retry() {
    const auto* const service = service_of(c_.d, s_);
    if (s_.words.cache && s_.words.cache->on && s_.the_call() && !s_.get.given) {
      c_.r.error(s_.words.cache.key, "answers to GET alone are kept; take `cache` out");
    }
    if (s_.honours.given && s_.get.given) {
      c_.r.warn(s_.honours.key, "a GET may be retried without a key; take `honours` out");
    }
    if (s_.post.given || s_.patch.given) {
      const bool honoured = s_.honours || (service != nullptr && service->value.honours);
      if (s_.words.retry && s_.words.retry->on && !honoured) {
        c_.r.warn(s_.words.retry.key,
                  "this call is not idempotent and will not be retried; take `retry` out, or add "
                  "`honours: idempotency-key` and send a key");
      }
      if (s_.words.hedge && s_.words.hedge->on && !honoured) {
        c_.r.warn(s_.words.hedge.key,
                  "this call is not idempotent and will not be sent twice; take `hedge` out, or "
                  "add `honours: idempotency-key` and send a key");
      }
    }
  }

  name_set check_expressions() {
    type_environment names = names_.everywhere();
    std::string item;
    name_set used;
    if (s_.each) {
      expression_checker over = checker(names);
      const static_type t = over.check(s_.each->over);
      if (!t.may_be(expression::bit(type::list) | expression::absent)) {
        c_.r.error(c_.r.part(s_.each->over.scalar, s_.each->over.shift,
                             s_.each->over.parsed.text().size()),
                   "`each` goes over a list, and this is none");
      }
      item = s_.each->name;
      check_new_name(c_.r, item, s_.each->name_at, "variable");
      if (names_.is_step(item)) {
        c_.r.error(s_.each->name_at,
                   "`" + item + "` is the name of a step; give the variable another name");
      }
      used = over.used();
      names.add(item, t.element());
    }
    if (s_.when) {
      expression_checker when = checker(names_.everywhere());
      const static_type t = when.check(*s_.when);
      if (!t.may_be(expression::bit(type::boolean) | expression::absent)) {
        c_.r.error(s_.when.where,
                   "`when` must be true or false, and this never is; compare it with something");
      }
      used.insert(when.used().begin(), when.used().end());
    }
    expression_checker request = checker(names);
    for (const setting<target>* t : {&s_.get, &s_.post, &s_.put, &s_.delete_, &s_.patch}) {
      if (*t) request.check(**t);
    }
    if (s_.query) {
      for (const auto& p : *s_.query) request.check(p.value);
    }
    if (s_.headers) request.check(*s_.headers);
    if (s_.body) request.check(*s_.body);
    if (s_.value) request.check(*s_.value);
    used.insert(request.used().begin(), request.used().end());
    if (s_.take) {
      type_environment of_answer = names_.of_answer(s_);
      if (!item.empty()) of_answer.add(item);
      expression_checker take(c_.r, of_answer);
      take.check(*s_.take);
      used.insert(take.used().begin(), take.used().end());
    }
    if (!item.empty()) used.erase(item);
    return used;
  }

  expression_checker checker(const type_environment& names) const {
    expression_checker made(c_.r, names);
    forbid_answer(made, c_.d);
    return made;
  }

  void check_default() {
    if (!s_.fallback) return;
    expression_checker fallback(c_.r, names_.everywhere());
    forbid_answer(fallback, c_.d);
    for (const auto& step : *route_.steps) {
      fallback.forbid(step.name,
                      "is a step, and steps may have failed when a `default` is needed; use the "
                      "request, `circuits` and functions alone");
    }
    if (s_.each) {
      fallback.forbid(s_.each->name,
                      "is one element of `each`, and a `default` is for all; use the request, "
                      "`circuits` and functions alone");
    }
    fallback.check(*s_.fallback);
  }

  void check_times() {
    const auto* const service = service_of(c_.d, s_);
    const effective_words words =
        words_of(c_.d, route_, &s_, service != nullptr ? &service->value : nullptr);
    if (words.timeout && words.attempt_timeout && *words.attempt_timeout > *words.timeout) {
      c_.r.warn(s_.words.attempt_timeout.given ? s_.words.attempt_timeout.where : at_,
                "one attempt of `" + name_ + "` may take " +
                    format_duration(*words.attempt_timeout) + " (" + words.attempt_timeout.from +
                    "), and the whole step only " + format_duration(*words.timeout) + " (" +
                    words.timeout.from + "); make `attempt_timeout` shorter");
    }
    const auto& deadline = route_.settings.deadline;
    if (deadline && deadline->at_most && words.timeout && *words.timeout > *deadline->at_most) {
      c_.r.warn(deadline.where, "the deadline of " + format_duration(*deadline->at_most) +
                                    " ends before the timeout of the step `" + name_ + "` (" +
                                    format_duration(*words.timeout) + ", from " +
                                    words.timeout.from +
                                    ") can; make one of them longer or shorter");
    }
  }

  checking& c_;
  const route_document& route_;
  const scope& names_;
  const std::string& name_;
  place at_;
  place whole_;
  const step_document& s_;
};

// Finds a circle in who waits for whom, and tells it once.
class circle_finder {
 public:
  circle_finder(checking& c, const std::vector<named<step_document>>& steps,
                const std::map<std::string, name_set, std::less<>>& uses)
      : c_(c), steps_(steps), uses_(uses) {}

  void run() {
    for (const auto& step : steps_) visit(step.name);
  }

 private:
  void visit(const std::string& name) {
    if (done_.contains(name)) return;
    const auto open = std::find(path_.begin(), path_.end(), name);
    if (open != path_.end()) {
      tell(open);
      return;
    }
    path_.push_back(name);
    for (const std::string& next : uses_.at(name)) {
      if (uses_.contains(next)) visit(next);
    }
    path_.pop_back();
    done_.insert(name);
  }

  void tell(std::vector<std::string>::iterator from) {
    const std::string& first = *from;
    place at;
    for (const auto& step : steps_) {
      if (step.name == first) at = step.where;
    }
    if (path_.end() - from == 1) {
      c_.r.error(
          at, "the step `" + first + "` refers to itself; use `body` in `take`, or another step");
      return;
    }
    std::string circle;
    for (auto i = from; i != path_.end(); ++i) circle += "`" + *i + "` → ";
    c_.r.error(at, "these steps wait for one another: " + circle + "`" + first +
                       "`; take one of the references out");
  }

  checking& c_;
  const std::vector<named<step_document>>& steps_;
  const std::map<std::string, name_set, std::less<>>& uses_;
  std::vector<std::string> path_;
  name_set done_;
};

}  // namespace

void forbid_answer(expression_checker& checker, const document& d) {
  checker.know_services(d);
  for (const char* name : {"body", "status", "headers"}) {
    checker.forbid(
        name,
        "is a service's answer, which is known in `take` alone; refer to a step, or to `request`");
  }
  checker.forbid("claims",
                 "comes with `auth`, which is not available in this version; take it out");
}

void check_steps(checking& c, const route_document& route, const scope& names, name_set& used) {
  std::map<std::string, name_set, std::less<>> uses;
  for (const auto& step : *route.steps) {
    uses[step.name] = step_checker(c, route, names, step).run();
  }
  circle_finder(c, *route.steps, uses).run();
  for (const auto& [name, roots] : uses) used.insert(roots.begin(), roots.end());
}

}  // namespace weir::gateway::config
