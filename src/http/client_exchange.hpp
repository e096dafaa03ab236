#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/intrusive_list.hpp"
#include "weir/http/client.hpp"
#include "weir/io/loop.hpp"

namespace weir::http {

class h1_connection;
class h1_pool;

// One request: what is to be sent, how far that has gone, and who is told. Recycled by its pool.
// While it runs, its connection drives it; before that it waits in the pool's queue.
class h1_exchange final : public client_exchange, public list_hook<> {
 public:
  enum class stage : unsigned char { spare, waiting, failing, running, ended };

  explicit h1_exchange(h1_pool& pool);

  void begin(const client_request& request, client_receiver& receiver);
  void recycle() noexcept;

  const client_request& request() const noexcept { return request_; }
  client_receiver& receiver() const noexcept { return *receiver_; }
  // After its connection was lost. What has not left at all may go out once more in any case.
  bool may_resend(bool begun = true) const noexcept;
  bool may_share() const noexcept;
  void prepare_resend();

  void wait_until_connected();  // for as long as the request allows
  void run_on(h1_connection& connection);
  void run_behind(h1_connection& connection, std::string& out);  // its head goes to `out`
  void ended() noexcept { stage_ = stage::ended; }
  void failing() noexcept { stage_ = stage::failing; }
  bool paused() const noexcept { return paused_; }
  // Cancelled behind another exchange: its answer still comes, and nobody wants it.
  bool abandoned() const noexcept { return stage_ == stage::ended; }
  time_point connect_until() const noexcept { return connect_until_; }

  // What is still to be sent: bytes of our own (the head, framed pieces), then the caller's body.
  std::string& out() noexcept { return out_; }
  std::string_view unsent() const noexcept { return std::string_view(out_).substr(out_sent_); }
  std::string_view unsent_body() const noexcept { return body_; }
  void sent(std::size_t bytes) noexcept;
  void drop_unsent() noexcept;
  // False too for a body shorter than announced, whose rest the service awaits in vain.
  bool all_sent() const noexcept {
    return out_sent_ == out_.size() && body_.empty() &&
           (!request_.streamed || (body_ended_ && length_left_ == 0));
  }

  void cancel() noexcept override;
  void pause() noexcept override { paused_ = true; }
  void resume() override;
  void write_body(std::string_view piece) override;
  void end_body() override;
  std::size_t buffered() const noexcept override { return out_.size() - out_sent_; }
  bool connected() const noexcept override { return stage_ == stage::running; }
  void let_others_go() noexcept override;

 private:
  void on_late();

  h1_pool& pool_;
  client_request request_;
  client_receiver* receiver_ = nullptr;
  h1_connection* connection_ = nullptr;
  stage stage_ = stage::spare;
  bool paused_ = false;
  bool resent_ = false;
  bool body_ended_ = false;
  std::uint64_t length_left_ = 0;  // of a streamed body whose length was announced
  time_point connect_until_;
  duration connect_allowance_{};
  std::string_view body_;
  std::string out_;
  std::size_t out_sent_ = 0;
  io::timer late_;  // armed only while it waits: with an idle connection at hand there is none
};

}  // namespace weir::http
