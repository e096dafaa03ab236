#include "weir/gateway/run/composition.hpp"

#include <algorithm>
#include <memory>

#include "weir/gateway/expression/url.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {

using expression::value;

composition::composition(worker& on)
    : worker_(on),
      timer_(on.loop(), delegate<void()>::to<&composition::on_timer>(*this)),
      quiet_(on.loop(), delegate<void()>::to<&composition::release>(*this)) {}

composition::~composition() {
  for (call_run* call : calls_) std::destroy_at(call);
}

void composition::start(const request_context& request,
                        std::span<const std::string_view> parameters, generation& in) {
  request_ = request;
  generation_ = &in;
  ++in.users;
  ended_ = starting_ = again_ = false;
  calls_running_ = 0;

  const route_plan& route = *request_.route;
  const http::request_head& head = request_.exchange->head();
  const auto kept = memory_.make_array<std::string_view>(parameters.size());
  std::copy(parameters.begin(), parameters.end(), kept.begin());
  path_.emplace(route.parameters, kept);
  query_.emplace(head.query);
  query_all_.emplace(head.query);
  request_root_.emplace(head);
  circuits_.emplace(in.of->services, request_.began);

  slots_ = memory_.make_array<value>(route.slots);
  slots_[slot_path] = value::source(*path_);
  slots_[slot_query] = value::source(*query_);
  slots_[slot_query_all] = value::source(*query_all_);
  slots_[slot_request] = value::source(*request_root_);
  slots_[slot_claims] = value::missing("claims");
  slots_[slot_circuits] = value::source(*circuits_);

  steps_ = memory_.make_array<step_state>(route.steps.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    steps_[i].unmet = static_cast<std::uint16_t>(route.steps[i].needs.size());
  }
  steps_left_ = static_cast<std::uint16_t>(steps_.size());
  required_checked_ = memory_.make_array<bool>(route.requires_.size());

  request_.exchange->on_abort(delegate<void()>::to<&composition::on_client_gone>(*this));
  if (route.reads_body && head.has_body) {
    request_.exchange->read_body(*this, route.body_bytes);
  } else {
    begin();
  }
}

void composition::on_body(std::string_view piece) {
  body_.append(piece);
}

void composition::on_body_end() {
  const auto parsed = worker_.json().parse(memory_.copy(body_), memory_);
  body_.clear();
  if (!parsed) {
    answer_problem({.status = 400,
                    .why = cause::bad_request,
                    .detail = memory_.copy(
                        "the request's body is not JSON: " + std::string(parsed.error().reason) +
                        " at byte " + std::to_string(parsed.error().offset))});
    return;
  }
  request_root_->set_body(value::json(*parsed));
  begin();
}

void composition::on_body_failed(int status) {
  // The server has answered, or the client is gone.
  if (!ended_) over(status, status == 499 ? cause::client_gone : cause::bad_request);
}

void composition::begin() {
  if (check_requirements()) start_ready();
}

bool composition::check_requirements() {
  const auto& all = request_.route->requires_;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (required_checked_[i]) continue;
    const auto done = [&](std::uint16_t s) { return steps_[s].at == step_state::stage::done; };
    if (!std::all_of(all[i].needs.begin(), all[i].needs.end(), done)) continue;
    required_checked_[i] = true;
    const value holds = all[i].that.evaluate(scope().frame());
    // Only a plain true lets the request through; what cannot be decided is not allowed.
    if (holds.as_bool().value_or(false)) continue;
    answer_problem({.status = all[i].status,
                    .why = cause::required,
                    .detail = all[i].message,
                    .code = all[i].code});
    return false;
  }
  return true;
}

// Starts whatever can run now. Calls may end while they are being started (a circuit is open),
// which may let further steps and items start: a loop, because a list of ten thousand items must
// not become a recursion as deep.
void composition::start_ready() {
  if (starting_) {
    again_ = true;
    return;
  }
  starting_ = true;
  do {
    again_ = false;
    for (std::uint16_t i = 0; i < steps_.size() && !ended_; ++i) {
      step_state& s = steps_[i];
      if (s.at == step_state::stage::waiting && s.unmet == 0) start_step(i);
      if (s.at == step_state::stage::running && s.list && !ended_) start_items(i);
    }
  } while (again_ && !ended_);
  starting_ = false;
  if (!ended_ && steps_left_ == 0) answer();
}

void composition::start_step(std::uint16_t index) {
  const step_plan& step = request_.route->steps[index];
  step_state& s = steps_[index];
  s.at = step_state::stage::running;
  s.until = request_.deadline;
  s.at_deadline = request_.caller_deadline ? cause::caller_deadline : cause::deadline;
  if (step.timeout > duration::zero() && worker_.loop().now() + step.timeout < s.until) {
    s.until = worker_.loop().now() + step.timeout;
    s.at_deadline = cause::response_timeout;
  }
  if (step.when) {
    const value runs = step.when->evaluate(scope().frame());
    if (runs.is_error()) {
      step_failed(index, cause::expression_error, 0, {}, runs.as_error()->message);
      return;
    }
    if (!runs.as_bool().value_or(false)) {
      step_done(index, value::null());
      return;
    }
  }
  if (step.value) {
    compute(index);
    return;
  }
  if (!step.each) {
    s.items = s.left = s.next = 1;
    s.calls = memory_.make_array<call_run*>(1);
    start_call(index, 0);
    return;
  }

  const value over = step.each->over.evaluate(scope().frame());
  if (const auto* e = over.as_error()) {
    step_failed(
        index,
        e->kind == expression::error_kind::request ? cause::bad_request : cause::expression_error,
        0, {}, e->message);
    return;
  }
  if (over.is_missing()) {
    step_failed(index, cause::missing_field, 0, {});
    return;
  }
  if (over.is_null()) {
    step_done(index, value::null());
    return;
  }
  if (!over.is_list()) {
    step_failed(index, cause::wrong_kind, 0, {}, "'each' needs a list");
    return;
  }
  expression::element_cursor items(over);
  if (items.left() > step.each->max_items) {
    step_failed(index, cause::too_many_items, 0, {},
                memory_.copy("'each' over " + std::to_string(items.left()) +
                             " items; max_items is " + std::to_string(step.each->max_items)));
    return;
  }
  s.list = true;
  s.items = s.left = static_cast<std::uint32_t>(items.left());
  s.sources = memory_.make_array<value>(s.items);
  s.results = memory_.make_array<value>(s.items);
  s.calls = memory_.make_array<call_run*>(s.items);
  for (std::size_t i = 0; items; items.advance()) s.sources[i++] = *items;
  if (s.items == 0) step_done(index, value::list({}));
}

void composition::compute(std::uint16_t index) {
  const step_plan& step = request_.route->steps[index];
  rendered what;
  value v = evaluate(*step.value, scope(), worker_.json(), what);
  if (what.error) {
    step_failed(index, cause::expression_error, 0, {}, what.error->message);
  } else if (what.missing) {
    step_failed(index, cause::missing_field, 0, {});
  } else {
    step_done(index, v);
  }
}

void composition::start_items(std::uint16_t index) {
  step_state& s = steps_[index];
  const std::size_t limit = request_.route->steps[index].each->limit;
  while (!ended_ && s.at == step_state::stage::running && s.next < s.items &&
         s.next - (s.items - s.left) < limit) {
    start_call(index, s.next++);
  }
}

void composition::start_call(std::uint16_t index, std::uint32_t item) {
  const step_plan& step = request_.route->steps[index];
  step_state& s = steps_[index];
  if (s.list) slots_[step.each->item_slot] = s.sources[item];
  target_failure why;
  const std::optional<prepared_call> what = prepare(step, why);
  if (!what) {
    if (why.why == cause::bad_request) {
      answer_problem({.status = 400, .why = why.why, .step = step.name, .detail = why.detail});
    } else {
      item_failed(index, item, why.why, 0, {}, why.detail);
    }
    return;
  }
  upstream::endpoint& to = generation_->endpoint_of(*step.call->service);
  auto* call = ::new (memory_.allocate(sizeof(call_run), alignof(call_run)))
      call_run(worker_, *this, to, *what, memory_, item);
  calls_.push_back(call);
  s.calls[item] = call;
  ++calls_running_;
  call->start(s.until, s.at_deadline);
}

void composition::on_call_ended(call_run& ended) {
  --calls_running_;
  if (ended_) {
    release_when_quiet();
    return;
  }
  take_result(index_of(ended.step()), ended);
  if (!ended_) start_ready();
}

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
  const headers_root headers(ended.headers());
  slots_[slot_headers] = value::source(headers);
  const value v = step.take->evaluate(scope().frame());
  slots_[slot_body] = slots_[slot_status] = slots_[slot_headers] = value::null();
  if (v.is_missing()) why = cause::missing_field;
  if (const auto* e = v.as_error()) {
    why = cause::expression_error;
    detail = e->message;
  }
  return v;
}

void composition::item_failed(std::uint16_t index, std::uint32_t item, cause why, int status,
                              duration retry_after, std::string_view detail) {
  const step_plan& step = request_.route->steps[index];
  step_state& s = steps_[index];
  if (!s.list || !step.fallback) {
    step_failed(index, why, status, retry_after, detail);
    return;
  }
  missing_.push_back({step.name, item, why, status});
  s.results[item] = fallback_of(step);
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
  if (step.fallback) {
    missing_.push_back({step.name, -1, why, status});
    step_done(index, fallback_of(step));
    return;
  }
  missing_.push_back({step.name, -1, why, status});
  problem p{.status = status_of(why), .why = why, .upstream_status = status, .step = step.name};
  if (why == cause::expression_error || why == cause::too_many_items || why == cause::bad_request) {
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

value composition::fallback_of(const step_plan& step) {
  rendered what;
  value v = evaluate(*step.fallback, scope(), worker_.json(), what);
  return v.is_error() || v.is_missing() ? value::null() : v;
}

void composition::wake_at(time_point when) {
  if (!timer_.armed() || when < timer_.at()) timer_.arm(when);
}

void composition::on_timer() {
  const time_point now = worker_.loop().now();
  time_point next = time_point::max();
  // By index: calls that end may start others.
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (!calls_[i]->ended() && calls_[i]->due() <= now) calls_[i]->on_time();
    if (i < calls_.size() && !calls_[i]->ended()) next = std::min(next, calls_[i]->due());
  }
  if (next != time_point::max()) wake_at(next);
}

void composition::on_client_gone() {
  if (ended_) return;
  over(499, cause::client_gone);
}

void composition::cancel_calls() {
  for (call_run* call : calls_) {
    if (call->ended() || call->must_finish()) continue;
    call->cancel();
    --calls_running_;
  }
}

// The answer is out, or nobody waits for it.
void composition::over(int status, cause why) {
  ended_ = true;
  worker_.finished(request_, status, why, body_.size());
  request_.exchange = nullptr;
  cancel_calls();
  release_when_quiet();
}

void composition::release_when_quiet() {
  if (calls_running_ == 0 && !quiet_.scheduled()) quiet_.schedule();
}

void composition::release() {
  timer_.disarm();
  for (call_run* call : calls_) std::destroy_at(call);
  calls_.clear();
  missing_.clear();
  body_.clear();
  header_lines_.clear();
  memory_.reset();
  --generation_->users;
  generation_ = nullptr;
  worker_.give_back(*this);
}

render_scope composition::scope() noexcept {
  return {slots_, &memory_, &worker_.world()};
}

std::uint16_t composition::index_of(const step_plan& step) const noexcept {
  return static_cast<std::uint16_t>(&step - request_.route->steps.data());
}

}  // namespace weir::gateway
