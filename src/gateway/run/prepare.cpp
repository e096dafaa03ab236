// What a call of a composed request sends: its target, fields and body, rendered into the request's
// arena.

#include "weir/gateway/run/affinity.hpp"
#include "weir/gateway/run/composition.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

void append_line(std::string& to, std::string_view name, std::string_view content) {
  to.append(name).append(": ").append(content).append("\r\n");
}

}  // namespace

bool composition::render_headers(const step_plan& step, std::string& to, target_failure& why) {
  const call_plan& call = *step.call;
  to += call.header_lines;
  if (!render_fields(call.headers, scope().frame(), to, why)) return false;
  for (const std::string& name : call.forward) {
    for (const http::field& f : request_.exchange->head().fields) {
      if (http::iequals(f.name, name)) append_line(to, f.name, f.value);
    }
  }
  return true;
}

std::optional<prepared_call> composition::prepare(const step_plan& step, target_failure& why) {
  std::string& scratch = worker_.scratch();
  prepared_call out;
  out.step = &step;
  out.trace = request_.trace;
  out.trace_state = trace_state_;

  scratch.clear();
  const client_url client{request_.exchange->head(), path_->last()};
  if (!render_target(step.call->target, scope().frame(), client, scratch, why)) {
    return std::nullopt;
  }
  out.target = memory_.copy(scratch);
  out.key = affinity(*step.call->service, request_, out.target);

  if (step.call->body) {
    scratch.clear();
    json::writer body(scratch);
    const rendered what = render(*step.call->body, scope(), body);
    if (what.error || what.missing) {
      why.why = what.error && cause_of(*what.error) == cause::bad_request ? cause::bad_request
                : what.missing                                            ? cause::missing_field
                                                                          : cause::expression_error;
      why.detail = what.error ? what.error->message : "the body has a member that is missing";
      return std::nullopt;
    }
    out.body = memory_.copy(scratch);
  }

  scratch.clear();
  if (!render_headers(step, scratch, why)) return std::nullopt;
  if (step.call->body && !carries_field(scratch, "content-type")) {
    append_line(scratch, "Content-Type", step.call->body_type);
  }
  out.header_lines = memory_.copy(scratch);
  return out;
}

}  // namespace weir::gateway
