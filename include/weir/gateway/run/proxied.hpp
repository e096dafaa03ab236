#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "weir/base/arena.hpp"
#include "weir/gateway/expression/program.hpp"
#include "weir/gateway/reply/problem.hpp"
#include "weir/gateway/run/judge.hpp"
#include "weir/gateway/run/request.hpp"
#include "weir/http/client.hpp"
#include "weir/io/wake_queue.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"
#include "weir/upstream/endpoint.hpp"

namespace weir::gateway {

struct generation;

// One request passed on to a service and its answer passed back, both as they come: nothing is held
// but what one side has not yet taken. An answer that comes in one piece goes out in one write.
//
// The pipeline's call ends with the answer's last byte or, where the route has no deadline (a
// stream of events), with its head. An answer that a retry may mend is judged before any of it is
// passed back. A request with a body is sent once; what came of it before there was a connection is
// kept, so that another instance can be asked where one cannot be reached.
class proxied final {
 public:
  explicit proxied(worker& on);
  ~proxied();

  // `path` is normalised: what is sent is what was routed. It and `parameters` are valid during the
  // call.
  void start(const request_context& request, std::string_view path,
             std::span<const std::string_view> parameters, generation& in);

 private:
  // Both sides call their functions on_body; each gets a receiver of its own.
  struct service_side final : http::client_receiver {
    explicit service_side(proxied& o) noexcept : owner(o) {}
    void on_head(const http::response_head& head) override { owner.answer_head(head); }
    void on_body(std::string_view piece) override { owner.answer_body(piece); }
    void on_end() override { owner.answer_end(); }
    void on_failed(http::client_error why, std::string_view detail) override;
    void on_body_writable() override { owner.service_takes_more(); }
    proxied& owner;
  };
  struct client_side final : http::body_sink {
    explicit client_side(proxied& o) noexcept : owner(o) {}
    void on_body(std::string_view piece) override { owner.request_body(piece); }
    void on_body_end() override { owner.request_body_end(); }
    void on_body_failed(int status) override { owner.request_body_failed(status); }
    std::optional<http::error_body> body_error(int status, std::string_view detail) override;
    proxied& owner;
  };

  const upstream::service& service() const noexcept { return *request_.route->proxy->call.service; }
  bool render(std::string_view path, std::span<const std::string_view> parameters);
  bool compute(std::span<const std::string_view> parameters);
  void render_headers(const http::request_head& head);
  void follow(action todo);
  void begin_attempt(const action& todo);
  void reach();
  void on_way(bool known);
  void stop_attempt(verdict counts);
  void drop_attempt(cause why);

  void answer_head(const http::response_head& head);
  void answer_body(std::string_view piece);
  void answer_end();
  void attempt_failed(http::client_error why);
  void attempt_failed(const judged& how);
  void service_takes_more();
  void request_body(std::string_view piece);
  void hand_over_kept();
  void forget_kept();
  void request_body_end();
  void request_body_failed(int status);
  void on_client_gone();
  void on_client_drained();
  void on_timer();
  void on_woken();
  bool client_owes() const noexcept;
  void give_up_on_client();

  void pass_head();
  bool settle(const weir::outcome& how);
  void count_answer();
  void note_attempt(int status, cause why, verdict counts);
  void touch();
  std::optional<duration> patience() const noexcept;
  void fallen_silent();
  void arm();
  void refuse(cause why, int status, duration retry_after);
  void refuse(const problem& p);
  void cut(cause why);
  void end_unserved(cause why);
  void over(int status, cause why);
  void release();

  worker& worker_;
  service_side from_service_{*this};
  client_side from_client_{*this};
  generation* generation_ = nullptr;
  request_context request_;
  arena memory_;
  std::optional<io::wake_queue::sleeper> sleeper_;  // outlives the pipeline's call
  std::optional<pipeline_call> policies_;
  upstream::endpoint* endpoint_ = nullptr;
  upstream::passage way_;
  http::client_request out_;
  http::client_exchange* exchange_ = nullptr;
  std::string target_;
  std::string header_lines_;   // to the service, without what differs by attempt
  std::string attempt_lines_;  // with it
  std::string answer_lines_;
  std::string kept_body_;  // while `seeking_`
  std::optional<std::uint64_t> answer_length_;
  bool answer_has_body_ = false;
  std::uint64_t bytes_ = 0;
  int status_ = 0;
  cause last_ = cause::none;
  int last_status_ = 0;
  std::uint32_t attempt_ = 0;
  time_point attempt_began_{};
  time_point attempt_until_ = time_point::max();
  verdict head_counts_ = verdict::ok;  // what the answer's head said of the service
  time_point policies_due_ = time_point::max();
  time_point silent_due_ = time_point::max();
  bool settled_ = false;  // the pipeline has its verdict
  bool noted_ = false;    // the attempt is in the statistics
  bool seeking_ = false;  // the attempt has no connection yet
  bool body_asked_ = false;
  time_point piece_came_ = time_point::min();  // the last of the client's body
  bool body_ended_ = false;                    // all of the request is on its way
  bool held_ = false;                          // the answer waits for a client that reads slowly
  bool started_ = false;                       // the client has the head
  bool complete_ = false;                      // the client has all
  bool ended_ = true;
  io::timer timer_;
  io::deferred quiet_;
};

}  // namespace weir::gateway
