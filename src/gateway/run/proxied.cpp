#include "weir/gateway/run/proxied.hpp"

#include <algorithm>
#include <charconv>

#include "weir/gateway/expression/url.hpp"
#include "weir/gateway/reply/problem.hpp"
#include "weir/gateway/run/affinity.hpp"
#include "weir/gateway/run/attempt_lines.hpp"
#include "weir/gateway/run/rate_check.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {

proxied::proxied(worker& on)
    : worker_(on),
      way_(delegate<void(bool)>::to<&proxied::on_way>(*this)),
      timer_(on.loop(), delegate<void()>::to<&proxied::on_timer>(*this)),
      quiet_(on.loop(), delegate<void()>::to<&proxied::release>(*this)) {}

proxied::~proxied() = default;

void proxied::start(const request_context& request, std::string_view path,
                    std::span<const std::string_view> parameters, generation& in) {
  request_ = request;
  generation_ = &in;
  ++in.users;
  exchange_ = nullptr;
  answer_length_.reset();
  bytes_ = 0;
  status_ = last_status_ = 0;
  last_ = cause::none;
  policies_due_ = silent_due_ = time_point::max();
  seeking_ = settled_ = body_asked_ = body_ended_ = held_ = started_ = complete_ = ended_ = false;

  const proxy_plan& plan = *request_.route->proxy;
  endpoint_ = &in.endpoint_of(*plan.call.service);
  request_.exchange->on_abort(delegate<void()>::to<&proxied::on_client_gone>(*this));
  if (!render(path, parameters)) return;
  const rate_limit* const rate = plan.call.rate.get();
  if (rate && rate->for_each()) {
    const auto stands = ask(*rate, request_, worker_.loop().now());
    if (!stands.admitted) {
      refuse(cause::rate_limited, 0, stands.retry_after);
      return;
    }
  }

  const http::request_head& head = request_.exchange->head();
  out_ = {};
  out_.touches = std::as_bytes(std::span(this, 1));
  out_.verb = head.verb;
  out_.verb_token = head.verb_token;
  out_.target = target_;
  out_.streamed = head.has_body;
  out_.streamed_length = head.content_length;
  out_.send_length = head.content_length.has_value() && !head.has_body;
  out_.resend_on_stale =
      !head.has_body && (http::is_idempotent(head.verb) ||
                         (plan.call.idempotent_by_key && head.fields.find("idempotency-key")));

  way_.begin(*endpoint_, affinity(*plan.call.service, request_, target_), out_.resend_on_stale);
  call_facts facts{.until = deadline::at(request_.deadline),
                   .until_is_configured = !request_.caller_deadline,
                   .retryable = out_.resend_on_stale,
                   .timeouts_count = timeouts_count(plan.call)};
  if (plan.call.service->limits().bulkhead()) {
    sleeper_.emplace(worker_.wakes(), delegate<void()>::to<&proxied::on_woken>(*this));
    facts.wake = delegate<void()>::to<&io::wake_queue::sleeper::wake>(*sleeper_);
  }
  policies_.emplace(plan.policies, facts);
  follow(policies_->start(worker_.loop().now()));
}

void proxied::follow(action todo) {
  for (;;) {
    switch (todo.kind) {
      case action_kind::none:
        return;
      case action_kind::start_attempt:
        begin_attempt(todo);
        todo = policies_->next(worker_.loop().now());
        break;
      case action_kind::wait:
        policies_due_ = todo.until;
        arm();
        return;
      case action_kind::cancel_attempt:
        stop_attempt(request_.caller_deadline ? verdict::ignored
                                              : timeouts_count(request_.route->proxy->call));
        todo = policies_->next(worker_.loop().now());
        break;
      case action_kind::finish: {
        policies_due_ = time_point::max();
        settled_ = true;
        if (ended_ || complete_ || !todo.how.failed) return;
        const cause why = cause_of(todo.how, last_);
        if (started_) {
          cut(why);
        } else {
          refuse(why, last_status_, todo.how.retry_after);
        }
        return;
      }
    }
  }
}

void proxied::begin_attempt(const action& todo) {
  attempt_ = todo.attempt;
  attempt_began_ = worker_.loop().now();
  last_ = cause::none;
  attempt_lines_ = header_lines_;
  touch();
  const time_point until = std::min(todo.until, silent_due_);
  append_attempt_lines(attempt_lines_, request_.trace, until, attempt_began_);
  out_.header_lines = attempt_lines_;
  attempt_until_ = until;
  seeking_ = true;
  reach();
}

// To an instance, or on to another where the one before could not be reached.
void proxied::reach() {
  noted_ = false;
  switch (way_.open()) {
    case upstream::passage::way::open:
      break;
    case upstream::passage::way::later:
      return;
    case upstream::passage::way::none:
      attempt_failed(judge_no_instance(request_.route->proxy->call));
      return;
    case upstream::passage::way::refused:
      attempt_failed(judge_all_open(way_.retry_after()));
      return;
  }
  out_.authority = way_.authority();
  out_.connect_until =
      std::min(attempt_until_, worker_.loop().now() + service().settings().connect_timeout);
  // Not a stream, which may have no end; nor what is tried again, behind what may have held it up.
  out_.may_share = attempt_ == 1 && request_.route->deadline.has_value();
  exchange_ = &way_.pool().start(out_, from_service_);
  if (!out_.streamed) return;
  if (body_asked_) {
    hand_over_kept();
  } else {
    body_asked_ = true;
    request_.exchange->read_body(from_client_, request_.route->body_bytes);
  }
}

void proxied::on_way(bool known) {
  if (known) {
    reach();
  } else {
    attempt_failed(http::client_error::dns);
  }
}

void proxied::stop_attempt(verdict counts) {
  silent_due_ = time_point::max();
  forget_kept();
  if (exchange_) {
    std::exchange(exchange_, nullptr)->cancel();
    note_attempt(status_, cause::response_timeout, counts);
    way_.ended(counts);
  }
  way_.leave();
}

// Once for each instance that is asked: as the circuit takes it, and when.
void proxied::note_attempt(int status, cause why, verdict counts) {
  if (noted_) return;
  noted_ = true;
  const duration took = worker_.loop().now() - attempt_began_;
  worker_.attempt_ended(service(), way_, out_.verb, out_.target, status, why, counts, took);
}

// The pipeline's verdict; true when the answer in hand is to be passed on, false when something
// else happens instead (another attempt).
bool proxied::settle(const weir::outcome& how) {
  if (settled_) return true;
  const action todo = policies_->attempt_done(worker_.loop().now(), attempt_, how);
  if (todo.kind == action_kind::finish) {
    settled_ = true;
    policies_due_ = time_point::max();
    return true;
  }
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  way_.ended(how.counts);
  silent_due_ = time_point::max();
  follow(todo);
  return false;
}

void proxied::service_side::on_failed(http::client_error why, std::string_view detail) {
  owner.worker_.say_why_it_failed(owner.service(), detail);
  owner.attempt_failed(why);
}

void proxied::attempt_failed(http::client_error why) {
  exchange_ = nullptr;
  const judged how = judge_failure(request_.route->proxy->call, why, !started_ && status_ == 0);
  if (seeking_ && way_.elsewhere(why)) {
    note_attempt(0, how.why, verdict::ignored);
    reach();
    return;
  }
  attempt_failed(how);
}

void proxied::attempt_failed(const judged& how) {
  silent_due_ = time_point::max();
  forget_kept();
  judged j = how;
  if (out_.streamed && body_asked_) j.for_policies.retryable = false;
  const cause_text said(j.why, 0);
  j.for_policies.detail = said;
  last_ = j.why;
  note_attempt(status_, j.why, j.for_policies.counts);
  way_.ended(j.for_policies.counts);
  if (settled_) {
    // The head was judged already (a stream, or an error that is passed on).
    end_unserved(j.why);
    return;
  }
  if (started_) j.for_policies.retryable = false;
  status_ = 0;
  follow(policies_->attempt_done(worker_.loop().now(), attempt_, j.for_policies));
}

// How long nothing may move. A stream without a deadline may pause for longer than a service may
// take to begin its answer.
std::optional<duration> proxied::patience() const noexcept {
  const bool begun = status_ != 0;
  if (!request_.route->deadline && begun) return request_.route->idle_timeout;
  const auto& silence = request_.route->proxy->silence;
  if (!silence && !request_.route->deadline) return request_.route->idle_timeout;
  return silence;
}

// Something moved.
void proxied::touch() {
  const auto most = patience();
  silent_due_ = most ? worker_.loop().now() + *most : time_point::max();
  arm();
}

void proxied::arm() {
  const time_point next = std::min(policies_due_, silent_due_);
  if (next == time_point::max()) return;
  if (!timer_.armed() || next < timer_.at()) timer_.arm(next);
}

void proxied::on_timer() {
  if (ended_) return;
  const time_point now = worker_.loop().now();
  if (!settled_ && policies_due_ <= now) {
    if (client_owes()) {
      give_up_on_client();
      return;
    }
    policies_due_ = time_point::max();
    follow(policies_->timer(now));
  }
  if (!ended_ && silent_due_ <= now) fallen_silent();
  if (!ended_) arm();
}

// A place in the bulkhead has come free.
void proxied::on_woken() {
  if (ended_ || settled_) return;
  policies_due_ = time_point::max();
  follow(policies_->timer(worker_.loop().now()));
}

void proxied::fallen_silent() {
  if (client_owes()) {  // how slow it may be is bounded elsewhere (`limits`)
    touch();
    return;
  }
  const verdict counts = timeouts_count(request_.route->proxy->call);
  stop_attempt(counts);
  last_ = cause::response_timeout;
  if (settled_) {
    end_unserved(last_);
    return;
  }
  const bool again = !started_ && out_.resend_on_stale && !(out_.streamed && body_asked_);
  weir::outcome late = weir::outcome::failure(weir::cause::timeout, again);
  late.counts = counts;
  status_ = 0;
  follow(policies_->attempt_done(worker_.loop().now(), attempt_, late));
}

// The answer in hand will not come to its end.
void proxied::end_unserved(cause why) {
  if (started_) {
    cut(why);
  } else {
    refuse(why, last_status_, duration::zero());
  }
}

void proxied::release() {
  timer_.disarm();
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  way_.leave();
  policies_.reset();
  sleeper_.reset();
  forget_kept();
  memory_.reset();
  --generation_->users;
  generation_ = nullptr;
  worker_.give_back(*this);
}

}  // namespace weir::gateway
