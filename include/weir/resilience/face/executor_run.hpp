#pragma once

#include <algorithm>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include "weir/base/waiter.hpp"
#include "weir/resilience/face/attempt.hpp"
#include "weir/resilience/face/joined_stop.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"

namespace weir::detail {

// Where the thread that waits for a call meets those that make its attempts.
struct meeting {
  void ended(std::uint32_t attempt) {
    {
      const std::lock_guard lock(mutex);
      done.push_back(attempt);
    }
    where.wake();
  }
  // The number of one that ended; 0: none did since.
  std::uint32_t take() {
    const std::lock_guard lock(mutex);
    if (done.empty()) return 0;
    const std::uint32_t first = done.front();
    done.pop_front();
    return first;
  }

  waiter where;
  std::mutex mutex;
  std::deque<std::uint32_t> done;
};

// One call whose attempts are made on an executor, several at once if the pipeline has a hedge. The
// caller's thread drives the pipeline and waits; run() returns when every attempt has ended, so f
// may refer to what the caller holds.
template <class R, class F, class Inspector>
class executor_run {
 public:
  executor_run(const pipeline& p, F& f, Inspector& inspector, const run_options& o)
      : f_(f),
        inspector_(inspector),
        options_(o),
        time_(clock_of(o)),
        stop_(o),
        call_(p, {.until = deadline_of(o),
                  .retryable = o.retryable,
                  .wake = delegate<void()>::to<&waiter::wake>(meeting_->where)}) {}

  // The last action: finish. What a function of the user's throws on this thread (an inspector, a
  // predicate) comes out once every attempt has ended.
  action run() {
    try {
      return drive();
    } catch (...) {
      await_all();
      throw;
    }
  }

  std::uint32_t attempts() const noexcept { return call_.attempts(); }
  // How the attempt that decided ended.
  attempt_end<R>& deciding(const action& finish) {
    for (const attempt_ptr& a : attempts_) {
      if (a->number == finish.attempt && a->judged) return a->end;
    }
    return none_;
  }

 private:
  struct attempt {
    attempt(const clock_source& time, const action& a)
        : number(a.attempt), told(time, deadline::at(a.until), stop.get_token(), a.attempt) {}
    const std::uint32_t number;
    std::stop_source stop;
    context told;
    attempt_end<R> end;
    bool running = true;
    bool canceled = false;
    bool judged = false;
  };
  using attempt_ptr = std::shared_ptr<attempt>;

  action drive() {
    const auto meet = meeting_;
    const std::stop_callback give_up(stop_.token(), [meet] { meet->where.wake(); });
    time_point now = time_.now();
    action a = stopped() ? call_.cancel(now) : call_.start(now);
    for (;;) {
      switch (a.kind) {
        case action_kind::start_attempt:
          begin(a);
          a = call_.next(now);
          break;
        case action_kind::cancel_attempt:
          cancel(a.attempt);
          a = {.kind = action_kind::wait};  // until one is gone
          break;
        case action_kind::wait:
          a = after_waiting(a.until, now);
          break;
        case action_kind::finish:
        case action_kind::none:
          return a;
      }
    }
  }

  void await_all() {
    for (const attempt_ptr& a : attempts_) {
      if (a->running) cancel(a->number);
    }
    const auto runs = [](const attempt_ptr& a) { return a->running; };
    while (std::any_of(attempts_.begin(), attempts_.end(), runs)) {
      const std::uint32_t ended = meeting_->take();
      if (ended == 0) time_.wait(meeting_->where, time_point::max());
      for (const attempt_ptr& a : attempts_) {
        if (a->number == ended) a->running = false;
      }
    }
  }

  bool stopped() const noexcept { return stop_.token().stop_requested(); }

  void begin(const action& a) {
    std::erase_if(attempts_, [](const attempt_ptr& old) { return !old->running && old->canceled; });
    auto at = std::make_shared<attempt>(time_, a);
    attempts_.push_back(at);
    try {
      options_.executor([this, at, meet = meeting_] {
        try {
          if constexpr (std::is_void_v<R>) {
            call_with(f_, at->told);
            at->end.returned_value();
          } else {
            at->end.returned_value(call_with(f_, at->told));
          }
        } catch (...) {
          at->end.threw(std::current_exception());
        }
        meet->ended(at->number);
      });
    } catch (...) {  // nobody took it
      at->end.threw(std::current_exception());
      meeting_->ended(at->number);
    }
  }

  void cancel(std::uint32_t number) {
    for (const attempt_ptr& a : attempts_) {
      if (a->number != number) continue;
      a->canceled = true;
      a->stop.request_stop();
    }
  }

  action after_waiting(time_point until, time_point& now) {
    std::uint32_t ended = meeting_->take();
    if (ended == 0 && !(stopped() && !canceled_)) {
      time_.wait(meeting_->where, until);
      ended = meeting_->take();
    }
    now = time_.now();
    if (ended != 0) return report(ended, now);
    if (stopped() && !canceled_) {
      canceled_ = true;
      return call_.cancel(now);
    }
    return call_.timer(now);
  }

  action report(std::uint32_t number, time_point now) {
    outcome how;
    for (const attempt_ptr& a : attempts_) {
      if (a->number != number) continue;
      a->running = false;
      if (a->canceled) continue;
      a->judged = true;
      how = a->end.judge(inspector_);
    }
    return call_.attempt_done(now, number, how);
  }

  F& f_;
  Inspector& inspector_;
  const run_options& options_;
  const clock_source& time_;
  const joined_stop stop_;
  const std::shared_ptr<meeting> meeting_ = std::make_shared<meeting>();
  pipeline_call call_;
  std::vector<attempt_ptr> attempts_;
  attempt_end<R> none_;
  bool canceled_ = false;
};

}  // namespace weir::detail
