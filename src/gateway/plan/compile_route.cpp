#include <algorithm>

#include "compiler.hpp"

namespace weir::gateway {
namespace {

name_slots first_slots() {
  name_slots names;
  names.add("path", slot_path);
  names.add("query", slot_query);
  names.add("query_all", slot_query_all);
  names.add("request", slot_request);
  names.add("claims", slot_claims);
  names.add("circuits", slot_circuits);
  return names;
}

http::method method_of(config::verb v) {
  return http::parse_method(config::token_of(v));
}

// One route: slots first, then everything that refers to them.
class route_maker {
 public:
  route_maker(compiling& c, const config::route_document& route)
      : c_(c),
        doc_(route),
        names_(first_slots()),
        make_(c.found, static_cast<std::uint16_t>(first_step_slot + steps())) {}

  route_plan run() {
    header();
    if (doc_.proxy) {
      made_.proxy = compile_proxy(c_, doc_, names_, make_);
    } else {
      for (std::size_t i = 0; i < steps(); ++i) {
        names_.add((*doc_.steps)[i].name, slot_of(i));
      }
      for (std::size_t i = 0; i < steps(); ++i) made_.steps.push_back(step(i));
      link();
      if (doc_.reply) made_.reply = make_.make(*doc_.reply, names_, "reply");
      if (doc_.status) made_.reply_status = *doc_.status;
      if (doc_.reply_headers) {
        for (const config::header& h : *doc_.reply_headers) {
          made_.reply_headers.push_back({h.name, make_.make(*h.value, names_)});
        }
      }
    }
    requirements();
    made_.slots = make_.slots();
    made_.reads_body = make_.reads_body();
    return std::move(made_);
  }

 private:
  std::size_t steps() const { return doc_.steps ? doc_.steps->size() : 0; }
  static std::uint16_t slot_of(std::size_t step) {
    return static_cast<std::uint16_t>(first_step_slot + step);
  }

  void header() {
    const config::route_settings& s = doc_.settings;
    made_.name = doc_.name;
    made_.verb = method_of(doc_.pattern.method);
    made_.pattern = doc_.pattern.path;
    made_.parameters = doc_.pattern.parameters;
    made_.deadline = default_deadline;
    if (s.deadline) made_.deadline = s.deadline->at_most;
    if (s.idle_timeout) made_.idle_timeout = *s.idle_timeout;
    if (c_.d.limits && c_.d.limits->body) made_.body_bytes = *c_.d.limits->body;
    if (s.limits && s.limits->body) made_.body_bytes = *s.limits->body;
    if (c_.d.meta) made_.meta = *c_.d.meta;
    if (s.meta) made_.meta = *s.meta;
    made_.rate = compile_rate(c_, "route " + doc_.name, s.rate_limit);
    made_.errors = compile_errors(s.errors ? s.errors : c_.d.errors, c_.found);
  }

  step_plan step(std::size_t index) {
    const std::string& name = (*doc_.steps)[index].name;
    const config::step_document& s = (*doc_.steps)[index].value;
    step_plan made;
    made.name = name;
    made.slot = slot_of(index);
    name_slots names = names_;
    if (s.when) {
      made.when = make_.make(*s.when, names_);
      needs(made, *made.when);
    }
    if (s.each) {
      fan_out_plan each;
      each.over = make_.make(s.each->over, names_);
      each.item_name = s.each->name;
      each.item_slot = make_.new_slot();
      each.limit = s.limit ? *s.limit : default_limit;
      if (c_.d.limits && c_.d.limits->max_items) each.max_items = *c_.d.limits->max_items;
      if (s.max_items) each.max_items = *s.max_items;
      names.add(each.item_name, each.item_slot);
      needs(made, each.over);
      made.each = std::move(each);
    }
    if (s.value) {
      made.value = make_.make(*s.value, names, "steps." + name);
      needs(made, *made.value);
    } else {
      call(made, s, names);
    }
    if (s.fallback) made.fallback = make_.make(*s.fallback, names_, "steps." + name + ".default");
    std::sort(made.needs.begin(), made.needs.end());
    return made;
  }

  void call(step_plan& made, const config::step_document& s, const name_slots& names) {
    made.call = compile_call(c_, doc_, s, names, make_);
    needs(made, *made.call);
    if (s.take) {
      name_slots of_answer = names;
      of_answer.add("body", slot_body);
      of_answer.add("status", slot_status);
      of_answer.add("headers", slot_headers);
      made.take = make_.make(*s.take, of_answer);
      needs(made, *made.take);
    }
    if (s.missing) made.missing = *s.missing;
    if (s.pass) made.pass = *s.pass;
    const auto* const service = config::service_of(c_.d, s);
    const config::effective_words words = config::words_of(c_.d, doc_, &s, &service->value);
    if (words.timeout) made.timeout = *words.timeout;
    made.policies = compile_policies(words, *made.call, doc_.name + " " + made.name);
    made.cache = compile_cache(words, *made.call);
  }

  // Steps whose slots something reads must be there before it.
  void needs(step_plan& step, const expression::program& p) {
    for (const std::uint16_t slot : p.slots()) {
      if (slot < first_step_slot || slot >= first_step_slot + steps()) continue;
      const auto index = static_cast<std::uint16_t>(slot - first_step_slot);
      if (std::find(step.needs.begin(), step.needs.end(), index) == step.needs.end()) {
        step.needs.push_back(index);
      }
    }
  }
  void needs(step_plan& step, const expression::text_program& t) {
    for (const auto& part : t.parts()) {
      if (part.slot) needs(step, *part.slot);
    }
  }
  void needs(step_plan& step, const shape& s) {
    if (s.value) needs(step, *s.value);
    if (s.text) needs(step, *s.text);
    for (const shape::source& source : s.sources) needs(step, source.over);
    for (const shape& item : s.items) needs(step, item);
  }
  void needs(step_plan& step, const call_plan& call) {
    for (const auto& piece : call.target.path) {
      if (piece.slot) needs(step, *piece.slot);
    }
    for (const auto& parameter : call.target.query) {
      if (parameter.slot) needs(step, *parameter.slot);
    }
    for (const auto& h : call.headers) needs(step, h.value);
    if (call.body) needs(step, *call.body);
  }

  void link() {
    for (std::size_t i = 0; i < made_.steps.size(); ++i) {
      for (const std::uint16_t other : made_.steps[i].needs) {
        made_.steps[other].feeds.push_back(static_cast<std::uint16_t>(i));
      }
    }
  }

  void requirements() {
    if (!doc_.settings.require) return;
    for (const config::requirement& r : *doc_.settings.require) {
      requirement made;
      made.that = make_.make(*r.that, names_);
      step_plan used;  // only to collect what it needs
      needs(used, made.that);
      made.needs = std::move(used.needs);
      if (r.otherwise) {
        if (r.otherwise->status) made.status = *r.otherwise->status;
        if (r.otherwise->code) made.code = *r.otherwise->code;
        if (r.otherwise->message) made.message = *r.otherwise->message;
      }
      made_.requires_.push_back(std::move(made));
    }
  }

  compiling& c_;
  const config::route_document& doc_;
  name_slots names_;
  program_maker make_;
  route_plan made_;
};

}  // namespace

route_plan compile_route(compiling& c, const config::route_document& route) {
  return route_maker(c, route).run();
}

}  // namespace weir::gateway
