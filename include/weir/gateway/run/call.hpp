#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/reply/cause.hpp"
#include "weir/gateway/run/cached_call.hpp"
#include "weir/gateway/run/call_attempt.hpp"
#include "weir/gateway/run/judge.hpp"
#include "weir/http/client.hpp"
#include "weir/io/wake_queue.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"
#include "weir/telemetry/trace.hpp"
#include "weir/upstream/endpoint.hpp"

namespace weir::gateway {

class worker;
class call_run;

// Who made a call is told when it has ended, and keeps its timer.
class call_owner {
 public:
  virtual void on_call_ended(call_run& ended) = 0;
  // The call wants to be woken by then: on_time() at or after it.
  virtual void wake_at(time_point when) = 0;

 protected:
  ~call_owner() = default;
};

// What the bodies of one composed request may take together; above: too_large.
constexpr std::size_t most_request_bytes = 64 * 1024 * 1024;

// What one call sends. Everything is rendered before it starts; views into the request's arena.
struct prepared_call {
  const step_plan* step = nullptr;  // with a call
  std::string_view target;
  std::string_view header_lines;  // complete but for trace and deadline, which differ by attempt
  std::string_view body;
  telemetry::trace_context trace;  // of the request; each attempt is a child
  std::string_view trace_state;    // the client's `tracestate`, where the trace is the client's
  std::uint64_t key = 0;           // what consistent hashing goes by
};

// One call of a composed request: attempts, back-off, circuit and time-outs by the pipeline, which
// decides; this class acts. Lives in the request's arena and is destroyed by its owner, which
// cancels what runs.
class call_run final {
 public:
  call_run(worker& on, call_owner& owner, upstream::endpoint& to, const prepared_call& what,
           arena& memory, std::uint32_t item);
  ~call_run();
  call_run(const call_run&) = delete;
  call_run& operator=(const call_run&) = delete;

  // `until` is the step's deadline, already within the route's; `at_deadline` is what it is called
  // when it runs out: response_timeout for the step's own, deadline for the route's,
  // caller_deadline for a shorter one of the client's, which says nothing about the service.
  void start(time_point until, cause at_deadline);
  void on_time();  // something may be due
  time_point due() const noexcept { return due_; }
  void cancel();  // ends without on_call_ended
  // It is on its way and not idempotent: cutting it would leave the service half done.
  bool must_finish() const noexcept;

  bool ended() const noexcept { return ended_; }
  // A function of it is on the stack: what has ended may not make way for another yet.
  bool entered() const noexcept { return entered_ != 0; }
  const judged& result() const noexcept { return result_; }
  duration retry_after() const noexcept { return retry_after_; }
  const http::fields& headers() const noexcept { return headers_; }  // kept where `take` asks
  // How the cache stood to it; null where the step has none.
  const cache_note* cached() const noexcept { return cached_ ? &cached_->note() : nullptr; }
  const step_plan& step() const noexcept { return *what_.step; }
  std::uint32_t item() const noexcept { return item_; }

 private:
  friend class call_attempt;

  struct entry {
    explicit entry(call_run& c) noexcept : call(c) { ++call.entered_; }
    ~entry() { --call.entered_; }
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    call_run& call;
  };

  // What its attempts ask for.
  worker& on() const noexcept { return worker_; }
  // As this generation has it: the endpoint, which outlives a reload, may be of an earlier one.
  const upstream::service& service() const noexcept { return *plan().service; }
  const prepared_call& what() const noexcept { return what_; }
  const call_plan& plan() const noexcept { return *what_.step->call; }
  arena& memory() const noexcept { return memory_; }
  // What running out of time says of the service.
  verdict late_counts() const noexcept;
  void attempt_over(const call_attempt& ended);

  void ask();
  void follow(action todo);
  void on_shared();
  void follow(cached_call::turn next);
  call_end end() noexcept { return {result_, headers_, retry_after_}; }
  call_attempt& free_attempt();
  call_attempt* attempt_of(std::uint32_t number) noexcept;
  void finish(const action& done);
  void over();

  worker& worker_;
  call_owner& owner_;
  upstream::endpoint& endpoint_;
  prepared_call what_;
  arena& memory_;
  bool retryable_;  // sending it twice does no harm
  // Where others' calls make room for this one; outlives the pipeline's call.
  std::optional<io::wake_queue::sleeper> sleeper_;
  std::optional<pipeline_call> policies_;  // none: the call is not made, or not yet
  call_attempt first_;
  std::vector<call_attempt*> more_;  // of a hedge; in the arena

  cached_call* cached_ = nullptr;  // in the arena

  judged result_;  // of the attempt that ended last, until the call has ended
  http::fields headers_;
  duration retry_after_ = duration::zero();
  time_point until_ = time_point::max();
  time_point due_ = time_point::max();
  std::uint32_t item_;
  cause at_deadline_ = cause::deadline;
  bool ended_ = false;
  std::uint8_t entered_ = 0;
};

}  // namespace weir::gateway
