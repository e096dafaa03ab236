#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/document.hpp"
#include "weir/gateway/config/reader.hpp"
#include "weir/gateway/expression/check.hpp"

namespace weir::gateway::config {

using expression::static_type;
using expression::type_environment;
using name_set = std::set<std::string, std::less<>>;

// Names that mean something everywhere, so that no step and no variable can have them.
bool is_reserved(std::string_view name) noexcept;
// Tells, where the name cannot be given to a `what` ("step", "variable").
void check_new_name(reader& r, std::string_view name, place at, std::string_view what);

// What is known of the names in expressions of one route.
class scope {
 public:
  scope(const document& d, const route_document& route);

  // request, path, query, …, and the steps.
  type_environment everywhere() const { return names_; }
  // In `take`: the service's answer too.
  type_environment of_answer(const step_document& step) const;
  static static_type body_of(const step_document& step);
  static static_type value_of(const step_document& step);

  bool is_step(std::string_view name) const { return steps_.contains(name); }

 private:
  type_environment names_;
  name_set steps_;
};

static_type request_type(bool has_body = true);
// The type of `circuits`: a member for each service with a breaker.
static_type circuits_type(const document& d);

// Checks expressions against names and remembers which were used.
class expression_checker {
 public:
  expression_checker(reader& r, const type_environment& names) : r_(r), names_(names) {}
  // Services without a breaker have no circuit; that is said in these words.
  void know_services(const document& d) { document_ = &d; }

  // A name that means something elsewhere, but not here; the message goes on with `why`.
  void forbid(const std::string& name, const std::string& why) {
    names_.add(name);
    forbidden_.insert_or_assign(name, why);
  }

  static_type check(const expression::ast& of, const node& scalar, std::size_t shift);
  static_type check(const expression_text& of);
  static_type check(const template_text& of);
  static_type check(const expression::text_template& of, const node& scalar);
  void check(const shape& of);
  void check(const target& of);
  void check(const std::vector<header>& all);

  const name_set& used() const noexcept { return used_; }

 private:
  void take(const expression::checked& c, const node& scalar, std::size_t shift);

  expression::problem in_our_words(expression::problem p) const;

  reader& r_;
  const document* document_ = nullptr;
  type_environment names_;
  name_set used_;
  std::map<std::string, std::string, std::less<>> forbidden_;
};

// Where the name stands in a scalar's text from `begin` on: as a word of its own, not as a member.
std::size_t find_name(std::string_view text, std::string_view name, std::size_t begin) noexcept;

}  // namespace weir::gateway::config
