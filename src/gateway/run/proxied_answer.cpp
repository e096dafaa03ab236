// How the answer of a proxied request goes back: the service's as it comes, or ours.

#include <algorithm>

#include "weir/gateway/run/attempt_lines.hpp"
#include "weir/gateway/run/cached_call.hpp"
#include "weir/gateway/run/proxied.hpp"
#include "weir/gateway/run/shaped_error.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

// What the client may lag behind the service before the service is told to wait.
constexpr std::size_t high_water = 64 * 1024;

// A whole answer up to this size goes out in one write, head and body.
constexpr std::uint64_t one_write = 16 * 1024;

}  // namespace

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
  last_status_ = head.status;
  way_.answered(worker_.loop().now());
  head_counts_ = how.counts;
  // A failing answer is judged now, while another attempt may still take its place; a stream, as it
  // may have no end.
  if (how.failed || !request_.route->deadline) note_attempt(head.status, cause::none, how.counts);
  if (how.failed) {
    const cause_text said(cause::bad_status, head.status);
    how.detail = said;
    if (!settle(how)) return;
  } else if (!request_.route->deadline && !settle(how)) {
    return;
  }

  note_write(service(), out_.verb, out_.target, head.status);
  status_ = head.status;
  answer_length_ = head.content_length;
  answer_has_body_ = head.has_body;
  answer_lines_.clear();
  const http::hop_by_hop stays_here(head.fields);
  for (const http::field& f : head.fields) {
    if (stays_here(f.name) || http::iequals(f.name, "content-length") ||
        http::iequals(f.name, "date")) {
      continue;
    }
    answer_lines_.append(f.name).append(": ").append(f.value).append("\r\n");
  }
  worker_.append_common(request_, answer_lines_);
  touch();
  const bool small = answer_has_body_ && answer_length_ && *answer_length_ <= one_write;
  if (small) return;
  // As long as the service takes, and the client.
  if (answer_has_body_) exchange_->let_others_go();
  pass_head();
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
      count_answer();  // whoever has read the answer finds it counted
      started_ = complete_ = true;
      request_.exchange->respond(status_, answer_lines_, piece);
      return;
    }
    pass_head();
  }
  touch();
  request_.exchange->write(piece);
  if (exchange_ && request_.exchange->buffered() > high_water) {
    held_ = true;
    exchange_->pause();
  }
}

void proxied::answer_end() {
  exchange_ = nullptr;
  way_.ended(head_counts_);
  if (ended_) return;
  if (!started_) pass_head();
  if (!complete_) {
    complete_ = true;
    request_.exchange->finish();
  }
  count_answer();
  over(status_, cause::none);
}

// The answer is whole.
void proxied::count_answer() {
  if (settled_) return;
  settled_ = true;
  const weir::outcome how =
      outcome_of_status(request_.route->proxy->call, status_, duration::zero());
  note_attempt(status_, cause::none, how.counts);
  policies_->attempt_done(worker_.loop().now(), attempt_, how);
}

void proxied::refuse(cause why, int status, duration retry_after) {
  problem p{.status = status_of(why), .why = why, .upstream_status = status};
  if (why == cause::client_slow) {
    p.detail = "time ran out while the body was still to come";
  } else {
    p.service = service().name();
  }
  if (is_rejection(why)) p.retry_after = std::max<duration>(retry_after, std::chrono::seconds(1));
  refuse(p);
}

// No answer of the service goes out: ours does.
void proxied::refuse(const problem& p) {
  error_answer out = shaped_error(request_, p);
  worker_.append_common(request_, out.header_lines);
  complete_ = true;
  bytes_ = out.body.size();
  request_.exchange->respond(out.status, out.header_lines, out.body);
  request_.upstream_status = p.upstream_status;
  over(out.status, p.why);
}

// The client has a part: it must not take it for the whole.
void proxied::cut(cause why) {
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  request_.exchange->abort();
  request_.cut = true;
  over(last_status_, why);
}

void proxied::over(int status, cause why) {
  ended_ = true;
  worker_.finished(request_, status, why, bytes_);
  request_.exchange = nullptr;
  quiet_.schedule();
}

}  // namespace weir::gateway
