#pragma once

#include <optional>
#include <string>

#include "weir/base/arena.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/run/cache_status.hpp"
#include "weir/gateway/run/judge.hpp"
#include "weir/io/wake_queue.hpp"
#include "weir/upstream/answer_cache.hpp"

namespace weir::gateway {

class worker;
struct prepared_call;

// A write that succeeded ends what is kept of its target (RFC 9111 4.4).
inline void note_write(const upstream::service& to, http::method verb, std::string_view target,
                       int status) {
  const bool safe = verb == http::method::get || verb == http::method::head ||
                    verb == http::method::options || verb == http::method::trace;
  if (to.answers() && !safe && status >= 200 && status < 400) to.answers()->written(target);
}

// How a call ends: what it has of its own, to be filled in.
struct call_end {
  judged& how;
  http::fields& headers;
  duration& retry_after;
};

// What a cache does for one call: it may answer in its place, let it wait for another's equal one,
// keep what it got, and stand in where it failed. Decides; the call acts. Belongs to its call and
// its worker; what it shares with others is the service's answer_cache.
//
// A failure of the service ends those who wait as it ends the one who asked, so that an outage sees
// one call and not all of them in turn. Time that ran out says nothing to those who have more of
// it: then one of them asks. What the service means for one alone is not shared, and everybody
// asks.
class cached_call {
 public:
  // `woken`: on the worker's loop, where what it waits for is there.
  cached_call(worker& on, const prepared_call& what, arena& memory, delegate<void()> woken);
  cached_call(const cached_call&) = delete;
  cached_call& operator=(const cached_call&) = delete;

  enum class turn : std::uint8_t {
    ask,   // make the call, and tell asked()
    wait,  // for another's: until woken, or until time runs out: go_on()
    done,  // the end is filled in
  };
  turn start(time_point now, call_end end);
  turn go_on(time_point now, call_end end);
  // It waited for as long as it may.
  void expired(cause at_deadline, time_point now, call_end end);
  // The call that was made has ended so; where it failed, what is kept may take its place.
  void asked(time_point now, call_end end);
  // The caller is gone: another leads.
  void leave() noexcept { member_.reset(); }

  const cache_note& note() const noexcept { return note_; }

 private:
  using flights = upstream::answer_cache::flights;
  using use = upstream::answer_cache::use;

  bool read(const upstream::kept_answer& from, call_end end);
  void share(const call_end& end, time_point now);
  void stand_in(time_point now, call_end end);
  bool is_authorized() const noexcept;

  worker& worker_;
  const step_plan& step_;
  arena& memory_;
  upstream::answer_cache& store_;
  std::string_view sent_;  // header lines
  const std::string key_;
  io::wake_queue::sleeper sleeper_;  // outlives the member, which wakes it
  std::optional<flights::member> member_;
  cache_note note_;
};

}  // namespace weir::gateway
