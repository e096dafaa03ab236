#include "checks.hpp"
#include "weir/gateway/config/effective.hpp"
#include "weir/gateway/config/load.hpp"
#include "weir/gateway/config/suggest.hpp"

namespace weir::gateway::config {
namespace {

std::string all_addresses_of(const std::string& ip) {
  return ip.find(':') == std::string::npos ? "0.0.0.0" : "::";
}

bool collide(const listen_address& a, const listen_address& b) {
  if (a.port != b.port || a.port == 0) return false;
  return a.ip == b.ip || a.ip == all_addresses_of(b.ip) || b.ip == all_addresses_of(a.ip);
}

}  // namespace

void check_listeners(checking& c) {
  if (!c.d.listen) return;
  const auto& all = *c.d.listen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (collide(all[i], all[k])) {
        c.r.error(all[i].where,
                  "this address is covered by the one before; give each its own port");
      }
    }
    if (c.d.admin && c.d.admin->on && collide(all[i], *c.d.admin->on)) {
      c.r.error(c.d.admin.where,
                "`admin` and `listen` have the same address; give each its own port");
    }
  }
}

void check_policy_name(checking& c, const setting<std::string>& name) {
  if (!name) return;
  if (find_policy(c.d, *name) != nullptr) {
    c.policies_used.insert(*name);
    return;
  }
  std::vector<std::string> known;
  if (c.d.policies) {
    for (const auto& p : *c.d.policies) known.push_back(p.name);
  }
  c.r.error(name.where, "there is no policy `" + *name + "`; describe it under `policies`",
            nearest(*name, known));
}

void check_policies(checking& c) {
  if (!c.d.policies) return;
  for (const auto& p : *c.d.policies) check_words(c, p.value);
}

void check_unused(checking& c) {
  if (c.d.services) {
    for (const auto& s : *c.d.services) {
      if (!c.services_used.contains(s.name)) {
        c.r.warn(s.where, "nobody calls the service `" + s.name + "`; use it, or take it out");
      }
    }
  }
  if (c.d.policies) {
    for (const auto& p : *c.d.policies) {
      if (p.name != "default" && !c.policies_used.contains(p.name)) {
        c.r.warn(p.where, "nobody uses the policy `" + p.name + "`; say `policy: " + p.name +
                              "` somewhere, or take it out");
      }
    }
  }
}

void check(const document& of, problems& found) {
  const expression::environment_lookup nothing;  // it was put in when the document was read
  reader r(*of.from, found, nothing);
  checking c{of, r};
  check_listeners(c);
  check_services(c);
  check_policies(c);
  if (of.cors && of.cors->credentials && *of.cors->credentials && of.cors->origins) {
    for (const std::string& origin : *of.cors->origins) {
      if (origin == "*") {
        r.error(of.cors->credentials.where,
                "credentials cannot be allowed to every origin; name the origins");
      }
    }
  }
  check_errors(c, of.errors);
  check_routes(c);
  // With routes or services missing because they are wrong, "unused" would be a guess.
  if (!found.has_errors()) check_unused(c);
}

}  // namespace weir::gateway::config
