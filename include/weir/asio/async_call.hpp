#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "weir/asio/operation.hpp"
#include "weir/resilience/face/joined_stop.hpp"
#include "weir/resilience/face/run.hpp"

namespace weir::detail {

// One call of async_run: drives a pipeline_call on an executor. Held by what it waits for (the
// timer, the attempts), so an executor that is destroyed with it in the air ends it as cancelled.
//
// Everything runs on the executor, which must not run two handlers at once (one thread, or a
// strand). The exceptions send themselves there: start(), whose caller may be on any thread,
// wake(), the caller's cancellation slot and its stop_token.
//
// An attempt is cancelled through a signal that belongs to it alone, lives as long as it does, is
// emitted on its own executor, and whose handler is never replaced: co_spawn of Boost before 1.83
// keeps a pointer into the slot's memory (chriskohlhoff/asio#1332), which must not go before it. A
// completion that comes while the signal is being emitted is put off until after it.
template <class Handler, class F, class Inspector>
class async_call final : public std::enable_shared_from_this<async_call<Handler, F, Inspector>> {
 public:
  using R = async_returned_by<F>;

  async_call(Handler handler, net::any_io_executor executor, pipeline p, F f, Inspector inspector,
             run_options options)
      : pipeline_(std::move(p)),
        handler_(std::move(handler)),
        executor_(std::move(executor)),
        timer_(executor_),
        f_(std::move(f)),
        inspector_(std::move(inspector)),
        options_(std::move(options)),
        call_(pipeline_, {.until = deadline_of(options_),
                          .retryable = options_.retryable,
                          .wake = delegate<void()>::to<&async_call::wake>(*this)}) {}

  // From any thread. The first attempt may end on the executor's thread before this one would have
  // set the timer, so a caller who is elsewhere begins nothing.
  void start() {
    auto slot = net::get_associated_cancellation_slot(*handler_);
    if (slot.is_connected()) {
      slot.assign([give_up = giving_up()](net::cancellation_type) { give_up(); });
    }
    net::dispatch(executor_, [self = this->shared_from_this()] { self->started(); });
  }

 private:
  struct attempt {
    attempt(std::uint32_t n, time_point until)
        : number(n), told(steady_source(), deadline::at(until), stop.get_token(), n) {}
    const std::uint32_t number;
    std::stop_source stop;
    context told;
    net::cancellation_signal signal;
    attempt_end<R> end;
    bool canceled = false;
  };
  using attempt_ptr = std::shared_ptr<attempt>;

  void started() {
    if (call_.finished()) return;  // cancelled on the way here
    starting_ = true;
    if (stop_.token().stop_possible()) on_stop_.emplace(stop_.token(), giving_up());
    const time_point at = now();
    settle(stop_.token().stop_requested() ? call_.cancel(at) : call_.start(at), at);
    starting_ = false;
  }

  // For any thread.
  auto giving_up() {
    return [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) net::post(self->executor_, [self] { self->give_up(); });
    };
  }

  // From any thread.
  void wake() {
    // Under a policy's lock: the last reference must not end here.
    if (auto self = this->weak_from_this().lock()) {
      net::post(executor_, [self = std::move(self)] { self->due(); });
    }
  }

  void due() {
    const time_point at = now();
    if (!call_.finished()) settle(call_.timer(at), at);
  }

  void give_up() {
    const time_point at = now();
    if (!call_.finished()) settle(call_.cancel(at), at);
  }

  void ended(attempt_ptr a) {
    if (busy_) {
      net::post(executor_, [self = this->shared_from_this(), a = std::move(a)]() mutable {
        self->ended(std::move(a));
      });
      return;
    }
    std::erase(running_, a);
    const time_point at = now();
    if (call_.finished()) return;
    outcome how;
    if (!a->canceled) {
      how = a->end.judge(inspector_);
      ended_.push_back(a);
    }
    settle(call_.attempt_done(at, a->number, how), at);
  }

  void settle(action a, time_point at) {
    for (busy_ = true;; a = call_.next(at)) {
      switch (a.kind) {
        case action_kind::start_attempt:
          begin(a);
          break;
        case action_kind::cancel_attempt:
          if (cancel(a.attempt)) {
            busy_ = false;
            return;  // until it is gone
          }
          break;
        case action_kind::wait:
          arm(a.until);
          busy_ = false;
          return;
        case action_kind::finish:
          busy_ = false;
          return finish(a);
        case action_kind::none:
          busy_ = false;
          return;
      }
    }
  }

  void begin(const action& a) {
    auto at = std::make_shared<attempt>(a.attempt, a.until);
    if (running_.empty()) ended_.clear();
    running_.push_back(at);
    try {
      launch(at, call_with(f_, at->told));
    } catch (...) {
      at->end.threw(std::current_exception());
      ended(std::move(at));
    }
  }

  // The coroutine's parameters are kept in its frame: by value.
  template <class T, class Executor>
  static net::awaitable<void, Executor> follow(std::shared_ptr<async_call>, attempt_ptr at,
                                               net::awaitable<T, Executor> op) {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(op);
      at->end.returned_value();
    } else {
      T got = co_await std::move(op);
      at->end.returned_value(std::move(got));
    }
  }

  template <class T, class Executor>
  void launch(const attempt_ptr& at, net::awaitable<T, Executor> op) {
    auto self = this->shared_from_this();
    auto done = [self, at](std::exception_ptr e) {
      if (e) at->end.threw(std::move(e));
      self->ended(at);
    };
    net::co_spawn(executor_, follow(self, at, std::move(op)),
                  net::bind_cancellation_slot(at->signal.slot(),
                                              net::bind_executor(executor_, std::move(done))));
  }

  template <class Op>
  void launch(const attempt_ptr& at, Op op) {
    auto done = [self = this->shared_from_this(), at](auto&&... args) {
      completion_into<R, attempt_end<R>>{at->end}(std::forward<decltype(args)>(args)...);
      self->ended(at);
    };
    std::move(op)(net::bind_cancellation_slot(at->signal.slot(),
                                              net::bind_executor(executor_, std::move(done))));
  }

  bool cancel(std::uint32_t number) {
    for (std::size_t i = 0; i < running_.size(); ++i) {
      const attempt_ptr at = running_[i];
      if (at->number != number) continue;
      at->canceled = true;
      at->stop.request_stop();
      at->signal.emit(net::cancellation_type::all);
      return true;
    }
    return false;
  }

  void arm(time_point until) {
    if (until == armed_) return;
    armed_ = until;
    if (until == time_point::max()) {
      timer_.cancel();
      return;
    }
    timer_.expires_at(until);
    timer_.async_wait([self = this->shared_from_this()](boost::system::error_code e) {
      if (e) return;
      self->armed_ = time_point::max();
      self->due();
    });
  }

  void finish(const action& a) {
    timer_.cancel();
    on_stop_.reset();
    if (auto slot = net::get_associated_cancellation_slot(*handler_); slot.is_connected()) {
      slot.clear();
    }
    attempt_end<R> none;
    attempt_end<R>* last = ended_.empty() ? &none : &ended_.back()->end;
    for (const attempt_ptr& each : ended_) {
      if (each->number == a.attempt) last = &each->end;
    }
    auto complete = [handler = std::move(*handler_),
                     got = conclude<R>(pipeline_, a, call_.attempts(), *last, options_)]() mutable {
      std::move(handler)(std::move(got));
    };
    handler_.reset();
    if (starting_) {
      net::post(work_.get_executor(), std::move(complete));
    } else {
      net::dispatch(work_.get_executor(), std::move(complete));
    }
  }

  const pipeline pipeline_;
  std::optional<Handler> handler_;
  const net::any_io_executor executor_;
  net::executor_work_guard<net::associated_executor_t<Handler, net::any_io_executor>> work_{
      net::get_associated_executor(*handler_, executor_)};
  net::steady_timer timer_;
  time_point armed_ = time_point::max();
  F f_;
  Inspector inspector_;
  const run_options options_;
  const joined_stop stop_{options_};
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  pipeline_call call_;
  std::vector<attempt_ptr> running_;
  std::vector<attempt_ptr> ended_;  // of those that ran at the same time: one of them decides
  bool starting_ = false;  // the initiating function may be above: nothing completes within it
  bool busy_ = false;      // in settle(): an attempt that ends at once waits until it is left
};

}  // namespace weir::detail
