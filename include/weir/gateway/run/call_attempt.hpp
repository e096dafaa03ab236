#pragma once

#include <cstdint>
#include <string_view>

#include "weir/base/arena.hpp"
#include "weir/gateway/run/judge.hpp"
#include "weir/http/client.hpp"
#include "weir/resilience/pipeline/pipeline_call.hpp"
#include "weir/upstream/endpoint.hpp"

namespace weir::gateway {

class call_run;

// One attempt of a call: its way to an instance, its answer as it comes. Used again for the call's
// next attempt, so that it knows which instances were tried. A hedged call has several at once.
class call_attempt final : private http::client_receiver {
 public:
  call_attempt(call_run& of, upstream::endpoint& to, std::uint64_t key, bool retryable);
  call_attempt(const call_attempt&) = delete;
  call_attempt& operator=(const call_attempt&) = delete;

  // Tells its call by attempt_over(), possibly at once.
  void begin(const action& todo);
  // Not to the instances that this one has tried or is at.
  void avoid(const call_attempt& other) { way_.avoid(other.way_); }
  // Time ran out, or (before its own time) another attempt was faster.
  void stop();
  // The caller is gone.
  void cancel();

  // It has not told its end yet.
  bool runs() const noexcept { return runs_; }
  // Its request is on its way.
  bool is_sent() const noexcept { return exchange_ != nullptr; }
  std::uint32_t number() const noexcept { return number_; }
  const judged& result() const noexcept { return result_; }
  const http::fields& headers() const noexcept { return headers_; }  // kept where `take` asks

 private:
  void on_head(const http::response_head& head) override;
  void on_body(std::string_view piece) override;
  void on_end() override;
  void on_failed(http::client_error why, std::string_view detail) override;

  void reach();
  void on_way(bool known);
  void over(const judged& how);
  void oversized();
  void keep_headers(const http::response_head& head);
  void note(int status, cause why, verdict counts) const;
  bool room_for(std::size_t bytes);

  call_run& call_;
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
  std::size_t announced_ = 0;  // the body's length, where the head tells it

  judged result_;
  time_point began_{};
  time_point until_ = time_point::max();
  std::uint32_t number_ = 0;
  bool runs_ = false;
};

}  // namespace weir::gateway
