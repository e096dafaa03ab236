#include "scope.hpp"

#include <algorithm>
#include <array>
#include <variant>

#include "weir/gateway/config/effective.hpp"

namespace weir::gateway::config {
namespace {

using expression::type;
using members = std::map<std::string, static_type, std::less<>>;

constexpr std::array<std::string_view, 15> reserved{
    "body", "circuits", "claims", "env",       "error",   "false",  "headers", "in",
    "null", "path",     "query",  "query_all", "request", "status", "true"};

bool word_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

static_type request_type(bool has_body) {
  members all{{"method", static_type::text()},
              {"path", static_type::text()},
              {"query", static_type::text()},
              {"host", static_type::text()},
              {"headers", static_type::map()}};
  if (has_body) all.emplace("body", static_type::any());
  return static_type::object(std::move(all));
}

bool is_reserved(std::string_view name) noexcept {
  return std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

void check_new_name(reader& r, std::string_view name, place at, std::string_view what) {
  if (!is_name(name, false)) {
    r.error(at, "`" + std::string(name) + "` cannot be the name of a " + std::string(what) +
                    "; begin with a small letter and go on with letters, digits and `_`");
  } else if (is_reserved(name)) {
    r.error(at, "`" + std::string(name) + "` means something already; give the " +
                    std::string(what) + " another name");
  }
}

static_type circuits_type(const document& d) {
  members services;
  if (d.services) {
    for (const auto& s : *d.services) {
      const service_words words = words_of(d, s.value);
      if (!words.breaks()) continue;
      // With one for each instance there is none that speaks for the service.
      const breaker_document& b = *words.breaker->on;
      if (b.scope && *b.scope == breaker_scope::instance) continue;
      services.emplace(s.name, static_type::object({{"state", static_type::text()},
                                                    {"failures", static_type::number()}}));
    }
  }
  return static_type::object(std::move(services));
}

scope::scope(const document& d, const route_document& route) {
  members parameters;
  for (const std::string& p : route.pattern.parameters) parameters.emplace(p, static_type::text());
  names_.add("path", static_type::object(std::move(parameters)));
  names_.add("query", static_type::map());
  names_.add("query_all", static_type::map());
  names_.add("request", request_type(!route.proxy.given));
  names_.add("circuits", circuits_type(d));
  if (!route.steps) return;
  for (const auto& step : *route.steps) {
    names_.add(step.name, value_of(step.value));
    steps_.insert(step.name);
  }
}

static_type scope::body_of(const step_document& step) {
  if (step.as) {
    if (*step.as == body_as::text) return static_type::text();
    if (*step.as == body_as::bytes) return static_type(expression::bit(type::bytes));
  }
  if (!step.expect) return static_type::any();
  switch (*step.expect) {
    case body_kind::list:
      return static_type::list();
    case body_kind::object:
      return static_type::map();
    case body_kind::string:
      return static_type::text();
    case body_kind::number:
      return static_type::number();
  }
  return static_type::any();
}

static_type scope::value_of(const step_document& step) {
  if (step.value.given) return static_type::any();
  // What `take` gives is known only when the answer is there; a default may be of any kind.
  const bool open = step.take.given || (step.fallback && step.fallback->json != "null");
  static_type one = open ? static_type::any() : body_of(step);
  if (step.fallback) one = one.or_null();
  if (step.each.given) one = static_type::list(one).or_null();
  if (step.when.given) one = one.or_null();
  return one;
}

type_environment scope::of_answer(const step_document& step) const {
  type_environment names = names_;
  names.add("body", body_of(step));
  names.add("status", static_type::number());
  names.add("headers", static_type::map());
  return names;
}

std::size_t find_name(std::string_view text, std::string_view name, std::size_t begin) noexcept {
  for (std::size_t at = text.find(name, begin); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const bool free_before = at == 0 || (!word_character(text[at - 1]) && text[at - 1] != '.');
    const std::size_t end = at + name.size();
    if (free_before && (end == text.size() || !word_character(text[end]))) return at;
  }
  return begin;
}

expression::problem expression_checker::in_our_words(expression::problem p) const {
  if (p.message == "there is no 'body' in 'request'") {
    p.message = "a proxy streams the body past without reading it; only steps can use it";
    p.suggestion.clear();
    return p;
  }
  constexpr std::string_view before = "there is no '";
  constexpr std::string_view behind = "' in 'circuits'";
  if (document_ == nullptr || !p.message.starts_with(before) || !p.message.ends_with(behind))
    return p;
  const std::string name =
      p.message.substr(before.size(), p.message.size() - before.size() - behind.size());
  if (find_service(*document_, name) == nullptr) return p;
  p.message = "the service '" + name + "' has no circuit; give it a 'breaker'";
  p.suggestion.clear();
  return p;
}

void expression_checker::take(const expression::checked& c, const node& scalar, std::size_t shift) {
  expression::problems told;
  for (const expression::problem& p : c.problems) told.push_back(in_our_words(p));
  r_.report(told, scalar, shift);
  for (const std::string& name : c.roots) {
    used_.insert(name);
    const auto forbidden = forbidden_.find(name);
    if (forbidden == forbidden_.end()) continue;
    const std::size_t at = find_name(scalar.text, name, shift);
    r_.error(r_.part(scalar, at, name.size()), "`" + name + "` " + forbidden->second);
  }
}

static_type expression_checker::check(const expression::ast& of, const node& scalar,
                                      std::size_t shift) {
  const expression::checked c = expression::check(of, names_);
  take(c, scalar, shift);
  return c.result;
}

static_type expression_checker::check(const expression_text& of) {
  return check(of.parsed, of.scalar, of.shift);
}

static_type expression_checker::check(const expression::text_template& of, const node& scalar) {
  const expression::checked c = expression::check(of, names_);
  take(c, scalar, 0);
  return c.result;
}

static_type expression_checker::check(const template_text& of) {
  return check(of.parsed, of.scalar);
}

void expression_checker::check(const shape& of) {
  if (of.text) check(*of.text);
  if (of.what != shape::kind::each) {
    for (const shape& item : of.items) check(item);
    return;
  }
  // The variables are known inside alone; outside them the names are as before.
  const type_environment outside = names_;
  const name_set used_outside = used_;
  name_set sources_used;
  type_environment inside = names_;
  for (const each_source& source : of.sources) {
    const static_type over = check(source.over);
    const auto listlike = expression::bit(type::list) | expression::absent;
    if (!over.may_be(listlike)) {
      r_.error(r_.part(source.over.scalar, source.over.shift, source.over.parsed.text().size()),
               "`each` goes over a list, and this is none");
    }
    check_new_name(r_, source.name, source.name_at, "variable");
    if (names_.find(source.name) != nullptr && !is_reserved(source.name)) {
      r_.error(source.name_at,
               "`" + source.name +
                   "` is the name of something else here; give the variable another name");
    }
    inside.add(source.name, over.element());
  }
  sources_used = used_;
  names_ = inside;
  used_.clear();
  for (const shape& item : of.items) check(item);
  for (const each_source& source : of.sources) used_.erase(source.name);
  used_.insert(sources_used.begin(), sources_used.end());
  used_.insert(used_outside.begin(), used_outside.end());
  names_ = outside;
}

void expression_checker::check(const target& of) {
  constexpr auto scalarlike =
      expression::anything & ~(expression::bit(type::list) | expression::bit(type::map));
  for (const target::piece& p : of.path) {
    if (!p.slot) continue;
    const static_type t = check(*p.slot, of.scalar, 0);
    if (t.may_be() != 0 && !t.may_be(scalarlike)) {
      const std::size_t at = of.scalar.text.find(p.slot->text());
      r_.error(r_.part(of.scalar, at == std::string::npos ? 0 : at, p.slot->text().size()),
               "a list or a mapping cannot be a segment of a path; pick one member of it");
    }
  }
  for (const target::parameter& p : of.query) check(p.value, of.scalar);
}

void expression_checker::check(const std::vector<header>& all) {
  for (const header& h : all) {
    if (h.value) check(*h.value);
  }
}

}  // namespace weir::gateway::config
