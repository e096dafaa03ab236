#include "weir/gateway/run/composition.hpp"

#include <algorithm>
#include <memory>

#include "weir/gateway/expression/url.hpp"
#include "weir/gateway/run/shaped_error.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {

using expression::value;

namespace {

// Of a buffer between two requests.
constexpr std::size_t most_kept_capacity = 64 * 1024;

}  // namespace

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
  // A path that was respelled is the front's, which has the next request's there when a step is
  // late.
  const auto kept = memory_.make_array<std::string_view>(parameters.size());
  std::transform(parameters.begin(), parameters.end(), kept.begin(),
                 [this](std::string_view p) { return memory_.copy(p); });
  path_.emplace(route.parameters, kept);
  query_.emplace(head.query);
  query_all_.emplace(head.query);
  request_root_.emplace(head);
  circuits_.emplace(in.of->services, worker_.loop());

  // Several fields are one list (W3C Trace Context, 3.3.1.1), as those of any header are.
  trace_state_ = {};
  if (request_.traced) {
    const value state = headers_root(head.fields).find("tracestate", memory_);
    if (const auto text = state.as_text(memory_)) trace_state_ = memory_.copy(*text);
  }

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

std::optional<http::error_body> composition::body_error(int status, std::string_view detail) {
  return shaped_body_error(request_, status, detail);
}

void composition::on_body_failed(int status) {
  // The server has answered, or the client is gone.
  body_.clear();
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
    if (const auto* e = holds.as_error(); e && cause_of(*e) == cause::bad_request) {
      answer_problem({.status = 400, .why = cause::bad_request, .detail = e->message});
      return false;
    }
    answer_problem({.status = all[i].status,
                    .why = cause::required,
                    .detail = all[i].message,
                    .code = all[i].code});
    return false;
  }
  return true;
}

void composition::on_call_ended(call_run& ended) {
  --calls_running_;
  if (ended_) {
    release_when_quiet();
    return;
  }
  if (const cache_note* const note = ended.cached()) caches_.add(ended.step().name, *note);
  take_result(index_of(ended.step()), ended);
  spare_.push_back(&ended);
  if (!ended_) start_ready();
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
  spare_.clear();
  missing_.clear();
  caches_.clear();
  // Many large answers at once leave nothing behind.
  if (body_.capacity() > most_kept_capacity) std::string().swap(body_);
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
