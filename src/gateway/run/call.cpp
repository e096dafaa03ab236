#include "weir/gateway/run/call.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "weir/base/log.hpp"
#include "weir/gateway/run/attempt_lines.hpp"
#include "weir/gateway/run/target.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

// A body whose length is not told, or too long to be believed at once, grows from here.
constexpr std::size_t first_room = 4 * 1024;
constexpr std::size_t believed_length = 256 * 1024;

bool wants_headers(const step_plan& step) {
  if (!step.take) return false;
  const auto slots = step.take->slots();
  return std::find(slots.begin(), slots.end(), slot_headers) != slots.end();
}

}  // namespace

call_run::call_run(worker& on, call_owner& owner, upstream::endpoint& to, const prepared_call& what,
                   arena& memory, std::uint32_t item)
    : worker_(on),
      owner_(owner),
      endpoint_(to),
      what_(what),
      memory_(memory),
      way_(delegate<void(bool)>::to<&call_run::on_way>(*this)),
      item_(item) {
  const call_plan& call = *what_.step->call;
  request_.verb = call.verb;
  request_.verb_token = call.verb_token;
  request_.target = what_.target;
  request_.body = what_.body;
  request_.send_length = call.verb == http::method::post || call.verb == http::method::put ||
                         call.verb == http::method::patch;
  retryable_ = call.idempotent || (call.idempotent_by_key && carries_key(what_.header_lines));
  request_.resend_on_stale = retryable_;
}

call_run::~call_run() {
  cancel();
}

void call_run::start(time_point until, cause at_deadline) {
  const entry here(*this);
  at_deadline_ = at_deadline;
  way_.begin(endpoint_, what_.key, retryable_);
  policies_.emplace(what_.step->policies,
                    call_facts{.until = deadline::at(until),
                               .until_is_configured = at_deadline != cause::caller_deadline,
                               .retryable = retryable_,
                               .timeouts_count = timeouts_count(*what_.step->call)});
  follow(policies_->start(worker_.loop().now()));
}

void call_run::follow(action todo) {
  for (;;) {
    switch (todo.kind) {
      case action_kind::none:
        return;
      case action_kind::start_attempt:
        begin_attempt(todo);
        todo = policies_->next(worker_.loop().now());
        break;
      case action_kind::wait:
        due_ = todo.until;
        if (due_ != time_point::max()) owner_.wake_at(due_);
        return;
      case action_kind::cancel_attempt:
        stop_attempt();
        todo = policies_->next(worker_.loop().now());
        break;
      case action_kind::finish:
        finish(todo);
        return;
    }
  }
}

void call_run::begin_attempt(const action& todo) {
  attempt_ = todo.attempt;
  attempt_began_ = worker_.loop().now();
  result_ = {};
  status_ = 0;
  body_ = nullptr;
  body_size_ = body_room_ = 0;
  attempt_until_ = todo.until;

  std::string& lines = worker_.scratch();
  lines.assign(what_.header_lines);
  append_attempt_lines(lines, what_.trace, todo.until, attempt_began_);
  request_.header_lines = memory_.copy(lines);

  reach();
}

// To an instance, or on to another where the one before could not be reached.
void call_run::reach() {
  switch (way_.open(attempt_until_)) {
    case upstream::passage::way::open:
      request_.authority = way_.authority();
      request_.connect_until = std::min(
          attempt_until_, worker_.loop().now() + endpoint_.of().settings().connect_timeout);
      exchange_ = &way_.pool().start(request_, *this);
      return;
    case upstream::passage::way::later:
      return;
    case upstream::passage::way::none:
      attempt_over(judge_no_instance(*what_.step->call));
      return;
    case upstream::passage::way::refused:
      attempt_over(judge_all_open(way_.retry_after()));
      return;
  }
}

void call_run::on_way(bool known) {
  const entry here(*this);
  if (known) {
    reach();
  } else {
    attempt_over(judge_failure(*what_.step->call, http::client_error::dns, true));
  }
}

void call_run::on_head(const http::response_head& head) {
  const entry here(*this);
  const call_plan& call = *what_.step->call;
  status_ = head.status;
  way_.answered(worker_.loop().now());
  asked_to_wait_ = duration::zero();
  if (head.status == 429 || head.status == 503) {
    if (const auto text = head.fields.find("retry-after")) {
      asked_to_wait_ = read_retry_after(*text, worker_.loop().unix_seconds());
    }
  }
  if (!what_.step->pass.empty()) {
    content_type_ = memory_.copy(head.fields.find("content-type").value_or(""));
  }
  if (wants_headers(*what_.step)) {
    const auto kept = memory_.make_array<http::field>(head.fields.size());
    std::size_t i = 0;
    for (const http::field& f : head.fields) {
      kept[i++] = {memory_.copy(f.name), memory_.copy(f.value)};
    }
    headers_ = http::fields(kept);
  }
  if (head.content_length && *head.content_length > call.response_bytes) {
    std::exchange(exchange_, nullptr)->cancel();
    attempt_over(judge_oversized(call, status_));
    return;
  }
  if (head.content_length && *head.content_length <= believed_length) {
    room_for(static_cast<std::size_t>(*head.content_length));
  }
}

void call_run::on_body(std::string_view piece) {
  const entry here(*this);
  const call_plan& call = *what_.step->call;
  if (body_size_ + piece.size() > call.response_bytes || !room_for(body_size_ + piece.size())) {
    std::exchange(exchange_, nullptr)->cancel();
    attempt_over(judge_oversized(call, status_));
    return;
  }
  std::memcpy(body_ + body_size_, piece.data(), piece.size());
  body_size_ += piece.size();
}

// Room for so many bytes in all. Doubles, so that a long body is copied at most once more than its
// length; false when the request as a whole holds too much.
bool call_run::room_for(std::size_t bytes) {
  if (bytes <= body_room_) return true;
  const std::size_t wanted =
      body_room_ == 0 ? std::max(bytes, std::min(bytes * 2, first_room)) : bytes * 2;
  if (memory_.reserved() + wanted > most_request_bytes) return false;
  auto* const larger = static_cast<char*>(memory_.allocate(wanted, 1));
  if (body_size_ > 0) std::memcpy(larger, body_, body_size_);
  body_ = larger;
  body_room_ = wanted;
  return true;
}

void call_run::on_end() {
  const entry here(*this);
  exchange_ = nullptr;
  attempt_over(judge_answer(*what_.step, status_, content_type_, {body_, body_size_},
                            asked_to_wait_, worker_.json(), memory_));
}

void call_run::on_failed(http::client_error why, std::string_view detail) {
  const entry here(*this);
  exchange_ = nullptr;
  if (!detail.empty() && log::enabled(log::level::debug)) {
    log::debug("attempt failed", {{"service", endpoint_.of().name()}, {"reason", detail}});
  }
  const judged how = judge_failure(*what_.step->call, why, status_ == 0);
  if (way_.elsewhere(why)) {
    note_attempt(0, how.why, verdict::ignored);
    reach();
    return;
  }
  attempt_over(how);
}

void call_run::attempt_over(const judged& how) {
  result_ = how;
  note_attempt(how.status, how.why, how.for_policies.counts);
  way_.ended(how.for_policies.counts);
  const cause_text said(how.why, how.status);
  weir::outcome told = how.for_policies;
  told.detail = said;
  follow(policies_->attempt_done(worker_.loop().now(), attempt_, told));
}

void call_run::note_attempt(int status, cause why, verdict counts) const {
  worker_.attempt_ended(endpoint_.of(), way_, request_.verb, request_.target, status, why, counts,
                        worker_.loop().now() - attempt_began_);
}

void call_run::stop_attempt() {
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  result_ = {};
  result_.why = cause::response_timeout;
  const verdict counts =
      at_deadline_ == cause::caller_deadline ? verdict::ignored : timeouts_count(*what_.step->call);
  note_attempt(0, cause::response_timeout, counts);
  way_.ended(counts);
  way_.leave();
}

void call_run::on_time() {
  const entry here(*this);
  due_ = time_point::max();
  follow(policies_->timer(worker_.loop().now()));
}

void call_run::finish(const action& done) {
  ended_ = true;
  due_ = time_point::max();
  retry_after_ = done.how.retry_after;
  if (done.how.failed) {
    // The pipeline's own reason (a circuit, a time-out) stands before what the last attempt said.
    cause why = cause_of(done.how, result_.why);
    if (why == cause::deadline) why = at_deadline_;
    if (why != result_.why) {
      result_ = {};
      result_.why = why;
    }
  }
  owner_.on_call_ended(*this);
}

void call_run::cancel() {
  if (ended_) return;
  ended_ = true;
  due_ = time_point::max();
  if (exchange_) {
    std::exchange(exchange_, nullptr)->cancel();
    note_attempt(0, cause::cancelled, verdict::ignored);
  }
  way_.leave();
  if (policies_) policies_->cancel(worker_.loop().now());
}

bool call_run::must_finish() const noexcept {
  return !ended_ && exchange_ && !retryable_;
}

}  // namespace weir::gateway
