#include "weir/gateway/run/cached_call.hpp"

#include <utility>

#include "weir/gateway/run/call.hpp"
#include "weir/gateway/run/target.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

using upstream::kept_answer;

// What each attempt has of its own, so that it cannot be in the key.
constexpr std::string_view of_attempt[] = {"traceparent", "tracestate",
                                           "x-envoy-expected-rq-timeout-ms", "host"};

// Target, with the writes to it, and every field that is sent. Constant ones are in it too: two
// steps, or two configurations, may send different ones. And how long an answer may be, which is
// what one step may take and another not.
std::string key_of(const prepared_call& what) {
  std::string key(what.target);
  key += '\n';
  key += std::to_string(what.step->call->service->answers()->writes(what.target));
  key += '\n';
  key += std::to_string(what.step->call->response_bytes);
  key += '\n';
  key += what.header_lines;
  return key;
}

bool is_late(cause why) noexcept {
  return why == cause::response_timeout || why == cause::deadline ||
         why == cause::caller_deadline || why == cause::cancelled;
}

// A failure in whose place an older answer is better (RFC 5861): one of the service or of the way
// to it, and its 429, but none that says of this very thing that there is no such.
bool is_trouble(const judged& how) noexcept {
  if (how.why == cause::bad_status) return how.status >= 500 || how.status == 429;
  return how.why != cause::none && how.why != cause::missing_field;
}

// An answer came, from its first byte to its last.
bool came_whole(const judged& how) noexcept {
  return how.status != 0 && how.why != cause::too_large && how.why != cause::malformed;
}

}  // namespace

cached_call::cached_call(worker& on, const prepared_call& what, arena& memory,
                         delegate<void()> woken)
    : worker_(on),
      step_(*what.step),
      memory_(memory),
      store_(*what.step->call->service->answers()),
      sent_(what.header_lines),
      key_(key_of(what)),
      sleeper_(on.wakes(), woken) {}

cached_call::turn cached_call::start(time_point now, call_end end) {
  const upstream::keeping& mine = step_.cache->keep;
  if (const auto known = store_.find(key_, mine, now)) {
    const duration left = known->fresh_left(mine, now);
    if (left <= duration::zero()) {
      note_.how = cache_note::way::was_stale;
    } else if (read(*known, end) && end.how.why == cause::none) {
      note_ = {.how = cache_note::way::hit, .ttl = left};
      store_.count(use::hit);
      return turn::done;
    }
    end.how = {};
  }
  if (step_.cache->coalesce) {
    member_.emplace(store_.in_flight(), key_,
                    delegate<void()>::to<&io::wake_queue::sleeper::wake>(sleeper_));
    if (!member_->leads()) return turn::wait;
  }
  store_.count(use::miss);
  return turn::ask;
}

cached_call::turn cached_call::go_on(time_point now, call_end end) {
  const auto got = member_->value();
  if (!got) {
    if (!member_->leads()) return turn::wait;
    store_.count(use::miss);
    return turn::ask;
  }
  member_.reset();
  if (got->answer) {
    if (!read(*got->answer, end)) end.how.why = cause::too_large;
    end.retry_after = got->answer->retry_after();
  } else if (got->failure != 0) {
    end.how = {};
    end.how.why = static_cast<cause>(got->failure);
    end.retry_after = got->retry_after;
  } else {
    store_.count(use::miss);
    return turn::ask;
  }
  note_.joined = true;
  store_.count(use::coalesced);
  stand_in(now, end);
  return turn::done;
}

void cached_call::expired(cause at_deadline, time_point now, call_end end) {
  // It may have come in the same moment; unless it is such that this one would have to ask.
  if (const auto got = member_->value(); got && (got->answer || got->failure != 0)) {
    go_on(now, end);
    return;
  }
  member_.reset();
  end.how = {};
  end.how.why = at_deadline;
  note_.joined = true;
  store_.count(use::coalesced);
  stand_in(now, end);
}

void cached_call::asked(time_point now, call_end end) {
  share(end, now);
  member_.reset();
  stand_in(now, end);
}

// Keeps the answer before those who wait are told: who comes in between finds it.
void cached_call::share(const call_end& end, time_point now) {
  upstream::shared_end out;
  if (came_whole(end.how)) {
    const http::caching_rules rules =
        http::read_caching_rules(end.headers, {.authorized = is_authorized(),
                                               .unkeyed = of_attempt,
                                               .unix_now = worker_.loop().unix_seconds()});
    const bool good = end.how.status == 200 && end.how.why == cause::none;
    if (rules.reusable && (good || member_)) {
      out.answer =
          std::make_shared<const kept_answer>(end.how.status, end.headers, end.how.raw_body,
                                              end.how.for_policies.retry_after, rules, now);
    }
    if (out.answer && good) {
      note_.stored = store_.keep(key_, out.answer, step_.cache->keep, now);
      note_.ttl = out.answer->fresh_left(step_.cache->keep, now);
    } else if (!is_trouble(end.how)) {
      store_.forget(key_);
    }
  } else if (is_late(end.how.why)) {
    return;
  } else {
    out.failure = static_cast<int>(end.how.why);
    out.retry_after = end.retry_after;
  }
  if (member_) member_->finish(std::make_shared<const upstream::shared_end>(std::move(out)));
}

void cached_call::stand_in(time_point now, call_end end) {
  if (!is_trouble(end.how)) return;
  const upstream::keeping& mine = step_.cache->keep;
  const auto known = store_.find(key_, mine, now);
  if (!known) return;
  const judged failed = end.how;
  if (!read(*known, end) || end.how.why != cause::none) {
    end.how = failed;
    return;
  }
  // Turned away before anything was sent, it has been answered by what is kept alone.
  if (is_rejection(failed.why)) note_ = {.how = cache_note::way::hit};
  note_.stood_in = true;
  note_.failed_with = failed.status;
  note_.ttl = known->fresh_left(mine, now);
  store_.count(use::stale);
}

// Judged anew, into this request's memory; false where that has no room.
bool cached_call::read(const kept_answer& from, call_end end) {
  if (memory_.reserved() + from.body().size() > most_request_bytes) return false;
  const http::fields& fields = from.fields();
  const auto copies = memory_.make_array<http::field>(fields.size());
  std::size_t i = 0;
  for (const http::field& f : fields) copies[i++] = {memory_.copy(f.name), memory_.copy(f.value)};
  end.headers = http::fields(copies);
  end.how = judge_answer(step_, from.status(), end.headers.find("content-type").value_or(""),
                         memory_.copy(from.body()), from.retry_after(), worker_.json(), memory_);
  return true;
}

bool cached_call::is_authorized() const noexcept {
  return carries_field(sent_, "authorization");
}

}  // namespace weir::gateway
