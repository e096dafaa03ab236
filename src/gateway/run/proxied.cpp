#include "weir/gateway/run/proxied.hpp"

#include <algorithm>
#include <charconv>

#include "weir/gateway/expression/url.hpp"
#include "weir/gateway/reply/problem.hpp"
#include "weir/gateway/run/attempt_lines.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

// What one side may lag behind the other before it is told to wait.
constexpr std::size_t high_water = 64 * 1024;

// A whole answer up to this size goes out in one write, head and body.
constexpr std::uint64_t one_write = 16 * 1024;

}  // namespace

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

void proxied::answer_head(const http::response_head& head) {
  const call_plan& call = request_.route->proxy->call;
  duration wait = duration::zero();
  if (head.status == 429 || head.status == 503) {
    if (const auto text = head.fields.find("retry-after")) {
      wait = read_retry_after(*text, worker_.loop().unix_seconds());
    }
  }
  weir::outcome how = outcome_of_status(call, head.status, wait);
  how.retryable = how.retryable && out_.resend_on_stale;
  const cause_text said(cause::bad_status, head.status);
  if (how.failed) how.detail = said;
  last_status_ = head.status;
  note_attempt(head.status, cause::none, how.counts);
  // A failing answer is judged now, while another attempt may still take its place.
  if ((how.failed || !request_.route->deadline) && !settle(how)) return;

  status_ = head.status;
  answer_length_ = head.content_length;
  answer_has_body_ = head.has_body;
  answer_lines_.clear();
  const auto connection = head.fields.find("connection").value_or("");
  for (const http::field& f : head.fields) {
    if (http::is_hop_by_hop(f.name, connection) || http::iequals(f.name, "content-length") ||
        http::iequals(f.name, "date")) {
      continue;
    }
    answer_lines_.append(f.name).append(": ").append(f.value).append("\r\n");
  }
  worker_.append_cors(request_, answer_lines_);
  if (!request_.route->deadline) touch();
  const bool small = answer_has_body_ && answer_length_ && *answer_length_ <= one_write;
  if (!small) pass_head();
}

void proxied::pass_head() {
  started_ = true;
  request_.exchange->on_drained(delegate<void()>::to<&proxied::on_client_drained>(*this));
  request_.exchange->start(status_, answer_lines_,
                           answer_has_body_ || out_.verb == http::method::head
                               ? answer_length_
                               : std::optional<std::uint64_t>(0));
}

void proxied::answer_body(std::string_view piece) {
  if (ended_) return;
  bytes_ += piece.size();
  if (!started_) {
    if (piece.size() == answer_length_) {
      started_ = complete_ = true;
      request_.exchange->respond(status_, answer_lines_, piece);
      return;
    }
    pass_head();
  }
  if (!request_.route->deadline) touch();
  request_.exchange->write(piece);
  if (exchange_ && request_.exchange->buffered() > high_water) {
    held_ = true;
    exchange_->pause();
  }
}

void proxied::answer_end() {
  exchange_ = nullptr;
  if (ended_) return;
  if (!started_) pass_head();
  if (!complete_) {
    complete_ = true;
    request_.exchange->finish();
  }
  const weir::outcome how =
      outcome_of_status(request_.route->proxy->call, status_, duration::zero());
  if (!settled_) {
    settled_ = true;
    policies_->attempt_done(worker_.loop().now(), attempt_, how);
  }
  over(status_, cause::none);
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

void proxied::request_body(std::string_view piece) {
  if (ended_ || !exchange_) return;  // the service has answered without it
  if (!request_.route->deadline) touch();
  exchange_->write_body(piece);
  if (exchange_->buffered() > high_water) request_.exchange->pause_body();
}

void proxied::request_body_end() {
  body_ended_ = true;
  if (!ended_ && exchange_) exchange_->end_body();
}

void proxied::request_body_failed(int status) {
  if (ended_) return;
  stop_attempt();
  if (!settled_) {
    settled_ = true;
    policies_->cancel(worker_.loop().now());
  }
  over(status, status == 499 ? cause::client_gone : cause::bad_request);
}

void proxied::service_takes_more() {
  if (!ended_) request_.exchange->resume_body();
}

void proxied::on_client_drained() {
  held_ = false;
  if (!ended_ && exchange_) exchange_->resume();
}

void proxied::on_client_gone() {
  if (ended_) return;
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  waiter_.leave();
  if (!settled_) {
    settled_ = true;
    policies_->cancel(worker_.loop().now());
  }
  over(499, cause::client_gone);
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

// Whether it is the client we wait for: it has not sent all of its body, and the service has taken
// what there was; or it does not take the answer.
bool proxied::client_owes() const noexcept {
  const bool owes_body = out_.streamed && body_asked_ && !body_ended_ && exchange_ && !started_ &&
                         exchange_->buffered() == 0;
  return owes_body || held_;
}

// Time ran out, and the service is not to blame.
void proxied::give_up_on_client() {
  note_attempt(status_, cause::client_slow, verdict::ignored);
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  settled_ = true;
  policies_due_ = time_point::max();
  policies_->cancel(worker_.loop().now());
  if (started_) {
    cut(cause::client_slow);
    return;
  }
  request_.exchange->close_after();
  refuse(cause::client_slow, 0, duration::zero());
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

void proxied::refuse(cause why, int status, duration retry_after) {
  problem p{.status = status_of(why), .why = why, .upstream_status = status};
  if (is_rejection(why)) p.retry_after = std::max<duration>(retry_after, std::chrono::seconds(1));
  refuse(p);
}

// No answer of the service goes out: ours does.
void proxied::refuse(problem p) {
  p.trace_id = request_.trace_text();
  const error_shape* shaped = request_.route->errors.get();
  if (!shaped) shaped = request_.settings->errors.get();
  error_answer out = render_problem(p, shaped);
  worker_.append_cors(request_, out.header_lines);
  complete_ = true;
  bytes_ = out.body.size();
  request_.exchange->respond(out.status, out.header_lines, out.body);
  over(out.status, p.why);
}

// The client has a part: it must not take it for the whole.
void proxied::cut(cause why) {
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  request_.exchange->abort();
  over(status_, why);
}

void proxied::over(int status, cause why) {
  ended_ = true;
  worker_.finished(request_, status, why, bytes_);
  request_.exchange = nullptr;
  quiet_.schedule();
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
