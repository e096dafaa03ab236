#include <algorithm>
#include <map>

#include "checks.hpp"
#include "weir/gateway/config/effective.hpp"

namespace weir::gateway::config {
namespace {

using expression::type;

// The path without the names of its parameters: two routes with the same one match the same
// requests.
std::string matched_by(const route_pattern& p) {
  std::string out(token_of(p.method));
  out += ' ';
  bool in_parameter = false;
  for (const char ch : p.path) {
    if (ch == '{') in_parameter = true;
    if (!in_parameter) out += ch;
    if (ch == '}') {
      in_parameter = false;
      out += "{}";
    }
  }
  if (p.takes_rest) out += "...";
  return out;
}

bool goes_over_a_list(const shape& s) {
  return s.what == shape::kind::each ||
         std::any_of(s.items.begin(), s.items.end(), goes_over_a_list);
}

class route_checker {
 public:
  route_checker(checking& c, const route_document& route)
      : c_(c), route_(route), names_(c.d, route) {}

  void run() {
    check_parts();
    check_policy_name(c_, route_.settings.policy);
    check_budget(c_, route_.settings.words.retry);
    check_words(c_, route_.settings.words);
    check_rate_limit(c_, route_.settings.rate_limit);
    check_deadline();
    check_errors(c_, route_.settings.errors);
    check_requirements();
    if (route_.proxy.given) {
      check_proxy();
      return;
    }
    if (route_.steps) check_steps(c_, route_, names_, used_);
    expression_checker reply(c_.r, names_.everywhere());
    forbid_answer(reply, c_.d);
    if (route_.reply) reply.check(*route_.reply);
    if (route_.reply_headers) reply.check(*route_.reply_headers);
    used_.insert(reply.used().begin(), reply.used().end());
    check_unused_steps();
  }

 private:
  template <class T>
  void not_with_proxy(const setting<T>& s, std::string_view key) {
    if (s.given) {
      c_.r.error(s.key, "a proxy passes the service's answer on as it is; take `" +
                            std::string(key) +
                            "` out, or write steps and a reply in place of `proxy`");
    }
  }

  void check_parts() {
    if (!route_.proxy.given && !route_.reply.given && !c_.r.has_error_in(route_.whole)) {
      c_.r.error(route_.where,
                 route_.steps.given
                     ? "the route `" + route_.name +
                           "` has steps and no `reply`; add it (`reply: null` for nothing)"
                     : "the route `" + route_.name +
                           "` answers nothing; add `steps` and a `reply`, or `proxy`");
    }
    if (route_.proxy.given) {
      not_with_proxy(route_.steps, "steps");
      not_with_proxy(route_.reply, "reply");
      not_with_proxy(route_.status, "status");
      not_with_proxy(route_.reply_headers, "reply_headers");
      return;
    }
    if (route_.headers.given) {
      c_.r.error(route_.headers.key,
                 "`headers` of a route belong to a `proxy`; write them at a step, or "
                 "`reply_headers` for the answer's");
    }
    if (route_.honours.given) {
      c_.r.error(route_.honours.key,
                 "`honours` of a route belongs to a `proxy`; write it at the step that calls");
    }
  }

  void check_deadline() {
    const route_settings& s = route_.settings;
    const bool endless = s.deadline && !s.deadline->at_most;
    if (s.idle_timeout.given && !endless && !(s.deadline.given && !s.deadline)) {
      c_.r.warn(
          s.idle_timeout.key,
          "`idle_timeout` is for streams without a deadline; add `deadline: none`, or take it out");
    }
  }

  void check_requirements() {
    if (!route_.settings.require) return;
    for (const requirement& one : *route_.settings.require) {
      if (!one.that) continue;
      expression_checker that(c_.r, names_.everywhere());
      forbid_answer(that, c_.d);
      const static_type t = that.check(*one.that);
      if (!t.may_be(expression::bit(type::boolean) | expression::absent)) {
        c_.r.error(one.that.where,
                   "`that` must be true or false, and this never is; compare it with something");
      }
      used_.insert(that.used().begin(), that.used().end());
    }
  }

  void check_proxy() {
    check_service_name(c_, route_.proxy);
    check_rest(c_, route_.pattern, route_.proxy);
    expression_checker request(c_.r, names_.everywhere());
    forbid_answer(request, c_.d);
    if (route_.proxy) request.check(*route_.proxy);
    if (route_.headers) request.check(*route_.headers);
    check_nothing_is_kept();
  }

  // Of a group it may be meant for the others.
  void check_nothing_is_kept() {
    const auto& cache = route_.settings.words.cache;
    const bool own =
        cache.key.offset >= route_.whole.offset && cache.key.offset < route_.whole.end();
    if (!cache || !cache->on || !own) return;
    c_.r.warn(cache.key,
              "a proxy passes answers on and keeps none; take `cache` out, or write a step and a "
              "`reply` in place of `proxy`");
  }

  void check_unused_steps() {
    // What is wrong may be what would have used it.
    if (!route_.steps || c_.r.has_error_in(route_.whole)) return;
    for (const auto& step : *route_.steps) {
      // A call that changes something may be made for that alone.
      const auto call = step.value.the_call();
      const bool for_its_effect = call && call->how != verb::get;
      if (used_.contains(step.name) || for_its_effect) continue;
      c_.r.warn(step.where, "nobody uses the step `" + step.name +
                                "`, and yet it runs; use it, or take it out");
    }
  }

  checking& c_;
  const route_document& route_;
  scope names_;
  name_set used_;
};

}  // namespace

void check_errors(checking& c, const setting<errors_document>& e) {
  if (!e || !e->body) return;
  if (goes_over_a_list(*e->body)) {
    c.r.error(e->body.where, "the body of an error goes over no list; take `each` out");
    return;
  }
  type_environment names;
  names.add("error", static_type::object({{"status", static_type::number()},
                                          {"code", static_type::text().or_null()},
                                          {"message", static_type::text()},
                                          {"cause", static_type::text()},
                                          {"step", static_type::text().or_null()},
                                          {"trace_id", static_type::text().or_null()}}));
  expression_checker body(c.r, names);
  body.check(*e->body);
}

void check_rest(checking& c, const route_pattern& pattern, const setting<target>& t) {
  if (!t) return;
  for (std::size_t i = 0; i < t->path.size(); ++i) {
    const target::piece& p = t->path[i];
    if (!p.slot || !pattern.is_rest(*p.slot)) continue;
    const bool ends_the_path = i + 2 == t->path.size() && t->path.back().literal.empty();
    if (p.literal.ends_with('/') && ends_the_path) continue;
    const std::string said(p.slot->text());
    const std::size_t at = t->scalar.text.find(said);
    c.r.error(c.r.part(t->scalar, at == std::string::npos ? 0 : at, said.size()),
              "`" + said +
                  "` may be several segments; write it behind the last `/` of the path, with "
                  "nothing but a query behind it");
  }
}

void check_routes(checking& c) {
  if (!c.d.routes) return;
  std::map<std::string, const route_document*> seen;
  for (const route_document& route : *c.d.routes) {
    const auto [at, is_new] = seen.emplace(matched_by(route.pattern), &route);
    if (!is_new) {
      c.r.error(route.where, "this route matches the same requests as `" + at->second->name +
                                 "` in line " +
                                 std::to_string(c.d.from->at(at->second->where.offset).line) +
                                 "; keep one of them");
    }
    route_checker(c, route).run();
  }
}

}  // namespace weir::gateway::config
