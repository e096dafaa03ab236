#include <algorithm>

#include "compiler.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/plan/words.hpp"

namespace weir::gateway {
namespace {

using config::header;

http::method method_of(config::verb v) {
  switch (v) {
    case config::verb::get:
      return http::method::get;
    case config::verb::head:
      return http::method::head;
    case config::verb::post:
      return http::method::post;
    case config::verb::put:
      return http::method::put;
    case config::verb::delete_:
      return http::method::delete_;
    case config::verb::patch:
      return http::method::patch;
  }
  return http::method::other;
}

bool from_client(const expression::program& p) {
  return !p.slots().empty() && std::all_of(p.slots().begin(), p.slots().end(), [](std::uint16_t s) {
    return s == slot_path || s == slot_query || s == slot_query_all || s == slot_request ||
           s == slot_claims;
  });
}

class call_maker {
 public:
  call_maker(call_plan& into, const config::node& scalar, const config::route_pattern& pattern,
             const name_slots& names, program_maker& make)
      : into_(into), scalar_(scalar), pattern_(pattern), names_(names), make_(make) {}

  void path(const config::target& to) {
    const std::string& base = into_.service->settings().base_path;
    for (const config::target::piece& p : to.path) {
      target_template::piece piece;
      if (into_.target.path.empty()) piece.literal = base;
      piece.literal += p.literal;
      if (p.slot && pattern_.is_rest(*p.slot)) {
        piece.rest = true;
      } else if (p.slot) {
        piece.slot = make_.make(*p.slot, scalar_, names_);
        piece.from_client = from_client(*piece.slot);
      }
      if (!piece.slot && !piece.rest && piece.literal.empty()) continue;
      into_.target.path.push_back(std::move(piece));
    }
    into_.target.client_query = to.client_query;
    for (const config::target::parameter& p : to.query) parameter(p.name, p.value, p.has_value);
  }

  void parameter(const std::string& name, const expression::text_template& value, bool has_value) {
    target_template::parameter made;
    made.name = name;
    made.bare = !has_value;
    if (const auto literal = value.literal()) {
      made.literal = config::spell_in_query(*literal);
    } else {
      made.slot = make_.make(value, scalar_, names_);
    }
    into_.target.query.push_back(std::move(made));
  }

  // The nearer header replaces the farther one of the same name.
  void headers(const config::setting<std::vector<header>>& nearer,
               const config::service_document& service) {
    std::vector<const header*> all;
    const auto add = [&](const config::setting<std::vector<header>>& from) {
      if (!from) return;
      for (const header& h : *from) {
        const std::string name = config::lower_case(h.name);
        if (std::find(into_.header_names.begin(), into_.header_names.end(), name) !=
            into_.header_names.end()) {
          continue;
        }
        into_.header_names.push_back(name);
        all.push_back(&h);
      }
    };
    add(nearer);
    add(service.headers);
    add(service.header_files);
    for (const header* h : all) {
      if (const auto literal = h->value->parsed.literal()) {
        into_.header_lines += h->name + ": " + *literal + "\r\n";
      } else {
        into_.headers.push_back({h->name, make_.make(*h->value, names_)});
      }
    }
  }

  void forward(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const bool configured = std::find(into_.header_names.begin(), into_.header_names.end(),
                                        name) != into_.header_names.end();
      // The body is weir's own, and so is what it is.
      const bool of_body = into_.body && name == "content-type";
      if (!configured && !of_body) into_.forward.push_back(name);
    }
  }

 private:
  call_plan& into_;
  const config::node& scalar_;
  const config::route_pattern& pattern_;
  const name_slots& names_;
  program_maker& make_;
};

std::shared_ptr<const rate_limit> rate_of(const compiling& c, const std::string& service) {
  const auto found = c.service_rates.find(service);
  return found == c.service_rates.end() ? nullptr : found->second;
}

void set_verb(call_plan& call, config::verb v) {
  call.verb = method_of(v);
  call.verb_token = config::token_of(v);
  call.idempotent = http::is_idempotent(call.verb);
}

}  // namespace

call_plan compile_call(compiling& c, const config::route_document& route,
                       const config::step_document& step, const name_slots& names,
                       program_maker& make) {
  const auto call = *step.the_call();
  const config::target& to = **call.to;
  const config::service_document& service = config::find_service(c.d, to.service)->value;
  call_plan made;
  made.service = c.services.at(to.service);
  made.rate = rate_of(c, to.service);
  set_verb(made, call.how);
  call_maker parts(made, to.scalar, route.pattern, names, make);
  parts.path(to);
  if (step.query) {
    for (const auto& p : *step.query) {
      parts.parameter(config::spell_in_query(p.name), p.value.parsed, true);
    }
  }
  parts.headers(step.headers, service);
  if (step.body) made.body = make.make(*step.body, names, "body");
  parts.forward(config::forwarded(c.d, route, &step, &service));
  made.idempotent_by_key = static_cast<bool>(step.honours) || static_cast<bool>(service.honours);
  if (step.as) made.as = static_cast<decode_as>(*step.as);
  if (step.expect) {
    switch (*step.expect) {
      case config::body_kind::list:
        made.expect = expected_kind::list;
        break;
      case config::body_kind::object:
        made.expect = expected_kind::object;
        break;
      case config::body_kind::string:
        made.expect = expected_kind::string;
        break;
      case config::body_kind::number:
        made.expect = expected_kind::number;
        break;
    }
  }
  made.response_bytes = step.response ? *step.response : made.service->settings().response_bytes;
  if (c.d.limits && c.d.limits->depth) made.response_depth = *c.d.limits->depth;
  return made;
}

proxy_plan compile_proxy(compiling& c, const config::route_document& route, const name_slots& names,
                         program_maker& make) {
  const config::target& to = *route.proxy;
  const config::service_document& service = config::find_service(c.d, to.service)->value;
  proxy_plan made;
  made.call.service = c.services.at(to.service);
  made.call.rate = rate_of(c, to.service);
  set_verb(made.call, route.pattern.method);
  made.whole_request = !to.has_path;
  call_maker parts(made.call, to.scalar, route.pattern, names, make);
  if (!made.whole_request) parts.path(to);
  parts.headers(route.headers, service);
  made.call.idempotent_by_key =
      static_cast<bool>(route.honours) || static_cast<bool>(service.honours);
  const config::effective_words words = config::words_of(c.d, route, nullptr, &service);
  made.policies = compile_proxy_policies(words, made.call);
  made.silence = attempt_time(words);
  return made;
}

}  // namespace weir::gateway
