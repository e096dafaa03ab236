#include "weir/gateway/run/proxied.hpp"

#include <algorithm>
#include <charconv>

#include "weir/gateway/expression/url.hpp"
#include "weir/gateway/reply/problem.hpp"
#include "weir/gateway/run/attempt_lines.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {

proxied::proxied(worker& on)
    : worker_(on),
      waiter_(delegate<void(bool)>::to<&proxied::on_resolved>(*this)),
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
  policies_due_ = idle_due_ = time_point::max();
  settled_ = body_asked_ = body_ended_ = held_ = started_ = complete_ = ended_ = false;

  const proxy_plan& plan = *request_.route->proxy;
  endpoint_ = &in.endpoint_of(*plan.call.service);
  request_.exchange->on_abort(delegate<void()>::to<&proxied::on_client_gone>(*this));
  if (!render(path, parameters)) return;

  const http::request_head& head = request_.exchange->head();
  out_ = {};
  out_.verb = head.verb;
  out_.verb_token = head.verb_token;
  out_.target = target_;
  out_.authority = plan.call.service->settings().authority;
  out_.streamed = head.has_body;
  out_.streamed_length = head.content_length;
  out_.send_length = head.content_length.has_value() && !head.has_body;
  out_.resend_on_stale =
      !head.has_body && (http::is_idempotent(head.verb) ||
                         (plan.call.idempotent_by_key && head.fields.find("idempotency-key")));

  policies_.emplace(plan.policies, call_facts{.until = deadline::at(request_.deadline),
                                              .until_is_configured = !request_.caller_deadline,
                                              .retryable = out_.resend_on_stale,
                                              .timeouts_count = timeouts_count(plan.call)});
  if (!request_.route->deadline) touch();
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
        stop_attempt();
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
  append_attempt_lines(attempt_lines_, request_.trace, todo.until, attempt_began_);
  out_.header_lines = attempt_lines_;
  out_.connect_until =
      std::min(todo.until, attempt_began_ + endpoint_->of().settings().connect_timeout);
  if (http::client_pool* pool = endpoint_->pool()) {
    send(*pool);
  } else {
    endpoint_->wait(waiter_, todo.until);
  }
}

void proxied::on_resolved(bool resolved) {
  http::client_pool* const pool = resolved ? endpoint_->pool() : nullptr;
  if (pool) {
    send(*pool);
  } else {
    attempt_failed(http::client_error::dns);
  }
}

void proxied::send(http::client_pool& pool) {
  exchange_ = &pool.start(out_, from_service_);
  if (out_.streamed && !body_asked_) {
    body_asked_ = true;
    request_.exchange->read_body(from_client_, request_.route->body_bytes);
  }
}

void proxied::stop_attempt() {
  waiter_.leave();
  if (!exchange_) return;
  std::exchange(exchange_, nullptr)->cancel();
  note_attempt(
      0, cause::response_timeout,
      request_.caller_deadline ? verdict::ignored : timeouts_count(request_.route->proxy->call));
}

void proxied::note_attempt(int status, cause why, verdict counts) {
  const duration took = worker_.loop().now() - attempt_began_;
  worker_.attempt_ended(endpoint_->of(), out_.verb, out_.target, status, why, counts, took);
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
  follow(todo);
  return false;
}

void proxied::attempt_failed(http::client_error why) {
  exchange_ = nullptr;
  judged j = judge_failure(request_.route->proxy->call, why, !started_ && status_ == 0);
  if (out_.streamed && body_asked_) j.for_policies.retryable = false;
  const cause_text said(j.why, 0);
  j.for_policies.detail = said;
  last_ = j.why;
  if (status_ == 0) note_attempt(0, j.why, j.for_policies.counts);
  if (settled_) {
    // The head was judged already (a stream, or an error that is passed on).
    if (started_) {
      cut(j.why);
    } else {
      refuse(j.why, 0, duration::zero());
    }
    return;
  }
  if (started_) j.for_policies.retryable = false;
  status_ = 0;
  follow(policies_->attempt_done(worker_.loop().now(), attempt_, j.for_policies));
}

void proxied::touch() {
  idle_due_ = worker_.loop().now() + request_.route->idle_timeout;
  arm();
}

void proxied::arm() {
  const time_point next = std::min(policies_due_, idle_due_);
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
  if (ended_) return;
  if (idle_due_ <= now) {
    if (exchange_) std::exchange(exchange_, nullptr)->cancel();
    if (!settled_) {
      settled_ = true;
      weir::outcome late = weir::outcome::failure(weir::cause::response_timeout, false);
      late.counts = timeouts_count(request_.route->proxy->call);
      policies_->attempt_done(now, attempt_, late);
    }
    if (started_) {
      cut(cause::response_timeout);
    } else {
      refuse(cause::response_timeout, 0, duration::zero());
    }
    return;
  }
  arm();
}

void proxied::release() {
  timer_.disarm();
  waiter_.leave();
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  policies_.reset();
  memory_.reset();
  --generation_->users;
  generation_ = nullptr;
  worker_.give_back(*this);
}

}  // namespace weir::gateway
