#pragma once

#include "scope.hpp"
#include "weir/gateway/config/document.hpp"
#include "weir/gateway/config/reader.hpp"

// The checks of check(), by what they look at. Each tells all that it finds.
namespace weir::gateway::config {

struct checking {
  const document& d;
  reader& r;
  name_set services_used{};
  name_set policies_used{};
};

void check_listeners(checking& c);
void check_services(checking& c);
void check_policies(checking& c);
// Each policy by itself, wherever it is said.
void check_words(checking& c, const policy_document& words);
// Of a route.
void check_rate_limit(checking& c, const setting<switchable<rate_limit_document>>& s);
// `budget` in the retry of a route or a step, where it cannot be.
void check_budget(checking& c, const setting<switchable<retry_document>>& s);
void check_policy_name(checking& c, const setting<std::string>& name);
void check_routes(checking& c);
void check_errors(checking& c, const setting<errors_document>& e);
// The steps of one route: what each is by itself, and how they hang together. Gives the names that
// steps use of one another.
void check_steps(checking& c, const route_document& route, const scope& names, name_set& used);
void check_service_name(checking& c, const setting<target>& t);
// That the rest of the client's path stands where it can be the rest of a target's.
void check_rest(checking& c, const route_pattern& pattern, const setting<target>& t);
void check_unused(checking& c);

// The names that an expression of a route cannot use outside `take`, and the like.
void forbid_answer(expression_checker& checker, const document& d);

}  // namespace weir::gateway::config
