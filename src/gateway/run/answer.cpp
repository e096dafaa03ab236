// How a composed request is answered: whole, partial, with a service's own answer, or with an
// error.

#include <algorithm>

#include "weir/gateway/run/composition.hpp"
#include "weir/gateway/run/shaped_error.hpp"
#include "weir/gateway/run/target.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

// A key of a structured field (RFC 8941): lower case, beginning with a letter.
void append_key(std::string& to, std::string_view name) {
  for (const char c : name) {
    to += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
}

bool wants_meta(const http::request_head& head) {
  const auto asked = head.fields.find("weir-meta");
  return asked && (*asked == "1" || *asked == "?1");
}

}  // namespace

void composition::answer() {
  const route_plan& route = *request_.route;
  body_.clear();
  header_lines_.clear();
  json::writer to(body_);
  rendered what = route.reply ? render(*route.reply, scope(), to) : rendered{};
  if (!route.reply) to.null();
  const std::optional<std::string_view> keeping = append_reply_headers(what);
  if (what.error && cause_of(*what.error) == cause::bad_request) {
    answer_problem({.status = 400, .why = cause::bad_request, .detail = what.error->message});
    return;
  }
  if (what.error) {
    missing_.push_back({"reply", -1, cause::expression_error, 0});
    log::warn("the reply has a place that cannot be computed",
              {{"route", route.name}, {"where", what.where}, {"reason", what.error->message}});
  } else if (what.missing) {
    missing_.push_back({"reply", -1, cause::missing_field, 0});
    log::debug("the reply has a place that is missing",
               {{"route", route.name}, {"where", what.where}});
  }
  if (!caches_.empty()) caches_.append_line(header_lines_);
  if (missing_.empty()) {
    if (keeping) header_lines_.append("Cache-Control: ").append(*keeping).append("\r\n");
  } else {
    append_partial_lines();
    if (route.meta || wants_meta(request_.exchange->head())) append_meta();
  }
  worker_.append_common(request_, header_lines_);
  request_.exchange->respond(route.reply_status, header_lines_, body_);
  if (!missing_.empty()) worker_.count_partial(route);
  if (!missing_.empty()) request_.upstream_status = missing_.front().status;
  over(route.reply_status, missing_.empty() ? cause::none : missing_.front().why);
}

// `reply_headers`. One that is null is left out; one that is missing, or that no header can hold,
// is left out and told like such a place of the body. Gives what they say of Cache-Control, which
// counts only if the answer is whole.
std::optional<std::string_view> composition::append_reply_headers(rendered& what) {
  static constexpr expression::error_info unfit{
      expression::error_kind::bad_value,
      "a header's value has a character that headers cannot hold"};
  std::optional<std::string_view> keeping;
  bool typed = false;
  for (const header_template& h : request_.route->reply_headers) {
    const auto v = h.value.evaluate_text(scope().frame());
    if (v.is_null()) continue;
    const auto text = v.as_text(memory_);
    if (!text || !fit_for_header(*text)) {
      if (!what.missing && !what.error) what.where = h.name;
      if (v.is_missing()) {
        what.missing = true;
      } else if (const auto* e = v.as_error();
                 !what.error || (e && cause_of(*e) == cause::bad_request)) {
        what.error = e ? e : &unfit;
      }
      continue;
    }
    if (http::iequals(h.name, "cache-control")) {
      keeping = text;
      continue;
    }
    typed = typed || http::iequals(h.name, "content-type");
    header_lines_.append(h.name).append(": ").append(*text).append("\r\n");
  }
  if (!typed) header_lines_ += "Content-Type: application/json\r\n";
  return keeping;
}

// Weir-Partial: ?1;favorites="connect_refused";stock="response_timeout"
void composition::append_partial_lines() {
  header_lines_ += "Cache-Control: no-store\r\nWeir-Partial: ?1";
  for (auto f = missing_.begin(); f != missing_.end(); ++f) {
    const auto same = [&](const step_failure& other) { return other.step == f->step; };
    if (std::find_if(missing_.begin(), f, same) != f) continue;
    header_lines_ += ';';
    append_key(header_lines_, f->step);
    header_lines_ += "=\"";
    header_lines_ += std::string_view(cause_text(f->why, f->status));
    header_lines_ += '"';
  }
  header_lines_ += "\r\n";
}

// "_meta" as the last member, where the answer is an object.
void composition::append_meta() {
  if (body_.size() < 2 || body_.front() != '{') return;
  body_.pop_back();
  if (body_.size() > 1) body_ += ',';
  body_ += "\"_meta\":";
  json::writer to(body_);
  to.begin_object().key("partial").boolean(true).key("missing").begin_array();
  for (const step_failure& f : missing_) {
    to.begin_object().key("step").string(f.step);
    if (f.item >= 0) to.key("item").integer(f.item);
    to.key("reason").string(cause_text(f.why, f.status)).end_object();
  }
  to.end_array().end_object();
  body_ += '}';
}

void composition::answer_passed(const call_run& call) {
  const judged& j = call.result();
  header_lines_.clear();
  if (!j.content_type.empty()) {
    header_lines_.append("Content-Type: ").append(j.content_type).append("\r\n");
  }
  if (!caches_.empty()) caches_.append_line(header_lines_);
  worker_.append_common(request_, header_lines_);
  body_.assign(j.raw_body);
  request_.exchange->respond(j.status, header_lines_, body_);
  over(j.status, cause::none);
}

void composition::answer_problem(const problem& p) {
  const error_answer out = shaped_error(request_, p, missing_);
  header_lines_ = out.header_lines;
  worker_.append_common(request_, header_lines_);
  body_ = out.body;
  request_.exchange->respond(out.status, header_lines_, body_);
  request_.upstream_status = p.upstream_status;
  over(out.status, p.why);
}

}  // namespace weir::gateway
