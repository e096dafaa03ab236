#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weir/base/arena.hpp"
#include "weir/gateway/reply/problem.hpp"
#include "weir/gateway/reply/render.hpp"
#include "weir/gateway/run/call.hpp"
#include "weir/gateway/run/request.hpp"
#include "weir/gateway/run/request_roots.hpp"
#include "weir/gateway/run/target.hpp"
#include "weir/http/server.hpp"

namespace weir::gateway {

struct generation;

// One request that is answered by composing services. Runs the steps of its route as what they need
// comes in, and answers once. Taken from its worker's free list and given back when the last call
// has ended, which may be after the answer: a call that must not be cut is let finish.
//
// Not thread-safe; lives on its worker's loop.
class composition final : private call_owner, private http::body_sink {
 public:
  explicit composition(worker& on);
  ~composition();

  // `parameters` are the path's, still encoded; valid during the call.
  void start(const request_context& request, std::span<const std::string_view> parameters,
             generation& in);
  const request_context& request() const noexcept { return request_; }

 private:
  struct step_state {
    enum class stage : std::uint8_t { waiting, running, done } at = stage::waiting;
    std::uint16_t unmet = 0;  // steps it still waits for
    bool list = false;        // a fan-out
    std::uint32_t items = 0;
    std::uint32_t next = 0;  // the first item not started
    std::uint32_t left = 0;  // items not ended
    time_point until = time_point::max();
    cause at_deadline = cause::deadline;
    std::span<expression::value> sources;  // the items
    std::span<expression::value> results;
  };

  // Body of the request, where an expression reads it.
  void on_body(std::string_view piece) override;
  void on_body_end() override;
  void on_body_failed(int status) override;
  std::optional<http::error_body> body_error(int status, std::string_view detail) override;

  void on_call_ended(call_run& ended) override;
  void wake_at(time_point when) override;
  void on_timer();
  void on_client_gone();

  void begin();
  bool check_requirements();
  void start_ready();
  void start_step(std::uint16_t index);
  void list_items(std::uint16_t index);
  void compute(std::uint16_t index);
  void start_items(std::uint16_t index);
  void start_call(std::uint16_t index, std::uint32_t item);
  void* room_for_call();
  void take_result(std::uint16_t index, call_run& ended);
  expression::value taken(std::uint16_t index, call_run& ended, cause& why,
                          std::string_view& detail);

  // What one call sends, rendered (prepare.cpp).
  std::optional<prepared_call> prepare(const step_plan& step, target_failure& why);
  bool render_headers(const step_plan& step, std::string& to, target_failure& why);

  void item_failed(std::uint16_t index, std::uint32_t item, cause why, int status,
                   duration retry_after, std::string_view detail = {});
  void step_failed(std::uint16_t index, cause why, int status, duration retry_after,
                   std::string_view detail = {});
  void step_done(std::uint16_t index, expression::value with);
  std::optional<expression::value> fallback_of(const step_plan& step);

  // answer.cpp
  void answer();
  void answer_passed(const call_run& call);
  void answer_problem(const problem& p);
  std::optional<std::string_view> append_reply_headers(rendered& what);
  void append_partial_lines();
  void append_meta();

  void over(int status, cause why);
  void cancel_calls();
  void release_when_quiet();
  void release();

  render_scope scope() noexcept;
  std::uint16_t index_of(const step_plan& step) const noexcept;

  worker& worker_;
  generation* generation_ = nullptr;
  request_context request_;
  arena memory_;
  std::span<expression::value> slots_;
  std::span<step_state> steps_;
  std::span<bool> required_checked_;
  std::string body_;  // the answer; and while it comes, the request's body
  std::string header_lines_;
  std::vector<step_failure> missing_;
  cache_status caches_;
  std::vector<call_run*> calls_;  // all that there are, to be destroyed
  std::vector<call_run*> spare_;  // those of them that have ended: the next take their places
  std::string_view trace_state_;  // in the arena: calls may outlive the exchange
  std::optional<path_root> path_;
  std::optional<query_root> query_;
  std::optional<query_all_root> query_all_;
  std::optional<request_root> request_root_;
  std::optional<circuits_root> circuits_;
  std::uint16_t steps_left_ = 0;
  std::uint32_t calls_running_ = 0;
  bool ended_ = false;     // answered, or the client is gone
  bool starting_ = false;  // inside start_ready: it goes on by itself
  bool again_ = false;
  io::timer timer_;
  io::deferred quiet_;
};

}  // namespace weir::gateway
