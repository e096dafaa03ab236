// What becomes of the steps of a composed request: values taken, defaults, failures.

#include <algorithm>

#include "weir/gateway/run/composition.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {

using expression::value;

void composition::take_result(std::uint16_t index, call_run& ended) {
  const step_plan& step = request_.route->steps[index];
  const judged& j = ended.result();
  if (j.passed) {
    answer_passed(ended);
    return;
  }
  cause why = j.why;
  std::string_view detail;
  value v;
  if (why == cause::none) v = taken(index, ended, why, detail);
  if (why == cause::missing_field && step.missing != 0 && !step.fallback) {
    answer_problem({.status = step.missing,
                    .why = cause::not_found,
                    .step = step.name,
                    .detail = "there is no such thing"});
    return;
  }
  if (why != cause::none) {
    item_failed(index, ended.item(), why, j.status, ended.retry_after(), detail);
    return;
  }
  step_state& s = steps_[index];
  if (!s.list) {
    step_done(index, v);
    return;
  }
  s.results[ended.item()] = v;
  if (--s.left == 0) step_done(index, value::list(s.results));
}

value composition::taken(std::uint16_t index, call_run& ended, cause& why,
                         std::string_view& detail) {
  const step_plan& step = request_.route->steps[index];
  const judged& j = ended.result();
  if (!step.take) return j.body;
  if (steps_[index].list) slots_[step.each->item_slot] = steps_[index].sources[ended.item()];
  slots_[slot_body] = j.body;
  slots_[slot_status] = value::integer(j.status);
  // In the arena: what `take` gives may be the headers themselves, and outlives the call.
  slots_[slot_headers] = value::source(*memory_.make<headers_root>(ended.headers()));
  const value v = step.take->evaluate(scope().frame());
  slots_[slot_body] = slots_[slot_status] = slots_[slot_headers] = value::null();
  if (v.is_missing()) why = cause::missing_field;
  if (const auto* e = v.as_error()) {
    why = cause_of(*e);
    detail = e->message;
  }
  return v;
}

void composition::item_failed(std::uint16_t index, std::uint32_t item, cause why, int status,
                              duration retry_after, std::string_view detail) {
  const step_plan& step = request_.route->steps[index];
  step_state& s = steps_[index];
  if (!s.list || !step.fallback || why == cause::bad_request) {
    step_failed(index, why, status, retry_after, detail);
    return;
  }
  missing_.push_back({step.name, item, why, status});
  const std::optional<value> instead = fallback_of(step);
  if (!instead) return;
  s.results[item] = *instead;
  if (--s.left == 0) step_done(index, value::list(s.results));
}

void composition::step_failed(std::uint16_t index, cause why, int status, duration retry_after,
                              std::string_view detail) {
  const step_plan& step = request_.route->steps[index];
  if (log::enabled(log::level::debug)) {
    log::debug("step failed", {{"route", request_.route->name},
                               {"step", step.name},
                               {"cause", std::string_view(cause_text(why, status))},
                               {"detail", detail}});
  }
  // What the client got wrong is told to the client; no default makes up for it.
  if (why == cause::bad_request) {
    answer_problem({.status = 400, .why = why, .step = step.name, .detail = detail});
    return;
  }
  if (step.fallback) {
    missing_.push_back({step.name, -1, why, status});
    if (const std::optional<value> instead = fallback_of(step)) step_done(index, *instead);
    return;
  }
  missing_.push_back({step.name, -1, why, status});
  problem p{.status = status_of(why), .why = why, .upstream_status = status, .step = step.name};
  if (why == cause::expression_error || why == cause::too_many_items) {
    if (!detail.empty()) {
      p.detail = memory_.copy("the step '" + step.name + "' failed: " + std::string(detail));
    }
  }
  if (is_rejection(why)) p.retry_after = std::max<duration>(retry_after, std::chrono::seconds(1));
  answer_problem(p);
}

void composition::step_done(std::uint16_t index, value with) {
  step_state& s = steps_[index];
  s.at = step_state::stage::done;
  const step_plan& step = request_.route->steps[index];
  slots_[step.slot] = with;
  --steps_left_;
  for (const std::uint16_t next : step.feeds) --steps_[next].unmet;
  if (!step.feeds.empty()) again_ = true;
  if (!request_.route->requires_.empty()) check_requirements();
}

// None when the client's request is at fault: then the route is answered.
std::optional<value> composition::fallback_of(const step_plan& step) {
  rendered what;
  const value v = evaluate(*step.fallback, scope(), worker_.json(), what);
  if (what.error && cause_of(*what.error) == cause::bad_request) {
    answer_problem({.status = 400,
                    .why = cause::bad_request,
                    .step = step.name,
                    .detail = what.error->message});
    return std::nullopt;
  }
  return v.is_error() || v.is_missing() ? value::null() : v;
}

}  // namespace weir::gateway
