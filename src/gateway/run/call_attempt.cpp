#include "weir/gateway/run/call_attempt.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "weir/gateway/run/attempt_lines.hpp"
#include "weir/gateway/run/call.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

// A body whose length is not told, or too long to be believed at once, grows from here.
constexpr std::size_t first_room = 4 * 1024;
constexpr std::size_t believed_length = 256 * 1024;

bool wants_headers(const step_plan& step) {
  if (step.cache) return true;
  if (!step.take) return false;
  const auto slots = step.take->slots();
  return std::find(slots.begin(), slots.end(), slot_headers) != slots.end();
}

}  // namespace

call_attempt::call_attempt(call_run& of, upstream::endpoint& to, std::uint64_t key, bool retryable)
    : call_(of), way_(delegate<void(bool)>::to<&call_attempt::on_way>(*this)) {
  const prepared_call& what = call_.what();
  const call_plan& call = *what.step->call;
  request_.verb = call.verb;
  request_.verb_token = call.verb_token;
  request_.target = what.target;
  request_.body = what.body;
  request_.send_length = call.verb == http::method::post || call.verb == http::method::put ||
                         call.verb == http::method::patch;
  request_.resend_on_stale = retryable;
  request_.touches = std::as_bytes(std::span(&of, 1));
  way_.begin(to, key, retryable);
}

void call_attempt::begin(const action& todo) {
  worker& on = call_.on();
  runs_ = true;
  number_ = todo.attempt;
  until_ = todo.until;
  // A second attempt shall not stand behind what may have held up the first.
  request_.may_share = number_ == 1;
  began_ = on.loop().now();
  result_ = {};
  status_ = 0;
  headers_ = {};
  body_ = nullptr;
  body_size_ = body_room_ = announced_ = 0;

  std::string& lines = on.scratch();
  lines.assign(call_.what().header_lines);
  append_attempt_lines(lines, call_.what().trace, until_, began_);
  if (const std::string_view state = call_.what().trace_state; !state.empty()) {
    lines.append("tracestate: ").append(state).append("\r\n");
  }
  request_.header_lines = call_.memory().copy(lines);

  reach();
}

// To an instance, or on to another where the one before could not be reached.
void call_attempt::reach() {
  switch (way_.open()) {
    case upstream::passage::way::open:
      request_.authority = way_.authority();
      request_.connect_until =
          std::min(until_, call_.on().loop().now() + call_.service().settings().connect_timeout);
      exchange_ = &way_.pool().start(request_, *this);
      return;
    case upstream::passage::way::later:
      return;
    case upstream::passage::way::none:
      over(judge_no_instance(call_.plan()));
      return;
    case upstream::passage::way::refused:
      over(judge_all_open(way_.retry_after()));
      return;
  }
}

void call_attempt::on_way(bool known) {
  const call_run::entry here(call_);
  if (known) {
    reach();
  } else {
    over(judge_failure(call_.plan(), http::client_error::dns, true));
  }
}

void call_attempt::on_head(const http::response_head& head) {
  const call_run::entry here(call_);
  const step_plan& step = call_.step();
  status_ = head.status;
  way_.answered(call_.on().loop().now());
  asked_to_wait_ = duration::zero();
  if (head.status == 429 || head.status == 503) {
    if (const auto text = head.fields.find("retry-after")) {
      asked_to_wait_ = read_retry_after(*text, call_.on().loop().unix_seconds());
    }
  }
  if (!step.pass.empty()) {
    content_type_ = call_.memory().copy(head.fields.find("content-type").value_or(""));
  }
  if (wants_headers(step)) keep_headers(head);
  if (!head.content_length) return;
  if (*head.content_length > call_.plan().response_bytes) {
    oversized();
    return;
  }
  announced_ = static_cast<std::size_t>(*head.content_length);
  if (announced_ <= believed_length) room_for(announced_);
}

void call_attempt::keep_headers(const http::response_head& head) {
  const auto kept = call_.memory().make_array<http::field>(head.fields.size());
  std::size_t i = 0;
  for (const http::field& f : head.fields) {
    kept[i++] = {call_.memory().copy(f.name), call_.memory().copy(f.value)};
  }
  headers_ = http::fields(kept);
}

void call_attempt::on_body(std::string_view piece) {
  const call_run::entry here(call_);
  if (body_size_ + piece.size() > call_.plan().response_bytes ||
      !room_for(body_size_ + piece.size())) {
    oversized();
    return;
  }
  std::memcpy(body_ + body_size_, piece.data(), piece.size());
  body_size_ += piece.size();
}

void call_attempt::oversized() {
  std::exchange(exchange_, nullptr)->cancel();
  over(judge_oversized(call_.plan(), status_));
}

// Room for so many bytes in all. Doubles, so that a long body is copied at most once more than its
// length, until the length that was announced can be believed: what was outgrown is not given back
// before the request ends. False when the request as a whole holds too much.
bool call_attempt::room_for(std::size_t bytes) {
  if (bytes <= body_room_) return true;
  arena& memory = call_.memory();
  const bool believed = announced_ <= believed_length || body_size_ >= believed_length;
  std::size_t wanted =
      body_room_ == 0 ? std::max(bytes, std::min(bytes * 2, first_room)) : bytes * 2;
  if (announced_ >= bytes && believed) wanted = announced_;
  if (memory.reserved() + wanted > most_request_bytes) return false;
  auto* const larger = static_cast<char*>(memory.allocate(wanted, 1));
  if (body_size_ > 0) std::memcpy(larger, body_, body_size_);
  body_ = larger;
  body_room_ = wanted;
  return true;
}

void call_attempt::on_end() {
  const call_run::entry here(call_);
  exchange_ = nullptr;
  over(judge_answer(call_.step(), status_, content_type_, {body_, body_size_}, asked_to_wait_,
                    call_.on().json(), call_.memory()));
}

void call_attempt::on_failed(http::client_error why, std::string_view detail) {
  const call_run::entry here(call_);
  exchange_ = nullptr;
  call_.on().say_why_it_failed(call_.service(), detail);
  const judged how = judge_failure(call_.plan(), why, status_ == 0);
  if (way_.elsewhere(why)) {
    note(0, how.why, verdict::ignored);
    reach();
    return;
  }
  over(how);
}

void call_attempt::over(const judged& how) {
  runs_ = false;
  result_ = how;
  note(how.status, how.why, how.for_policies.counts);
  way_.ended(how.for_policies.counts);
  call_.attempt_over(*this);
}

void call_attempt::note(int status, cause why, verdict counts) const {
  call_.on().attempt_ended(call_.service(), way_, request_.verb, request_.target, status, why,
                           counts, call_.on().loop().now() - began_);
}

void call_attempt::stop() {
  if (!runs_) return;
  runs_ = false;
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  result_ = {};
  const bool late = call_.on().loop().now() >= until_;
  const verdict counts = late ? call_.late_counts() : verdict::ignored;
  result_.why = late ? cause::response_timeout : cause::cancelled;
  note(0, result_.why, counts);
  way_.ended(counts);
  way_.leave();
}

void call_attempt::cancel() {
  runs_ = false;
  if (exchange_) {
    std::exchange(exchange_, nullptr)->cancel();
    note(0, cause::cancelled, verdict::ignored);
  }
  way_.leave();
}

}  // namespace weir::gateway
