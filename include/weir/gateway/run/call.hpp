#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/reply/cause.hpp"
#include "weir/gateway/run/judge.hpp"
#include "weir/http/client.hpp"
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
  std::uint64_t key = 0;           // what consistent hashing goes by
};

// One call of a composed request: attempts, back-off, circuit and time-outs by the pipeline, which
// decides; this class acts. Lives in the request's arena and is destroyed by its owner, which
// cancels what runs.
class call_run final : private http::client_receiver {
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
  const step_plan& step() const noexcept { return *what_.step; }
  std::uint32_t item() const noexcept { return item_; }

 private:
  void on_head(const http::response_head& head) override;
  void on_body(std::string_view piece) override;
  void on_end() override;
  void on_failed(http::client_error why, std::string_view detail) override;

  struct entry {
    explicit entry(call_run& c) noexcept : call(c) { ++call.entered_; }
    ~entry() { --call.entered_; }
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    call_run& call;
  };

  void follow(action todo);
  void begin_attempt(const action& todo);
  void reach();
  void on_way(bool known);
  void attempt_over(const judged& how);
  void note_attempt(int status, cause why, verdict counts) const;
  void finish(const action& done);
  void stop_attempt();
  bool room_for(std::size_t bytes);

  worker& worker_;
  call_owner& owner_;
  upstream::endpoint& endpoint_;
  prepared_call what_;
  std::optional<pipeline_call> policies_;
  arena& memory_;
  http::client_request request_;
  http::client_exchange* exchange_ = nullptr;
  upstream::passage way_;

  // The answer as it comes.
  int status_ = 0;
  duration asked_to_wait_ = duration::zero();
  std::string_view content_type_;
  http::fields headers_;
  char* body_ = nullptr;
  std::size_t body_size_ = 0;
  std::size_t body_room_ = 0;

  judged result_;
  duration retry_after_ = duration::zero();
  time_point attempt_began_{};
  time_point attempt_until_ = time_point::max();
  time_point due_ = time_point::max();
  std::uint32_t item_;
  std::uint32_t attempt_ = 0;
  cause at_deadline_ = cause::deadline;
  bool retryable_ = false;  // sending it twice does no harm
  bool ended_ = false;
  std::uint8_t entered_ = 0;
};

}  // namespace weir::gateway
