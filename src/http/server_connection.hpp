#pragma once

#include <memory>

#include "body_rate.hpp"
#include "input_buffer.hpp"
#include "outbox.hpp"
#include "weir/base/intrusive_list.hpp"
#include "weir/http/body_decoder.hpp"
#include "weir/http/parser.hpp"
#include "weir/http/server.hpp"

namespace weir::http {

// A client's connection, and the one exchange that can run on it. Pipelined requests wait in the
// buffer and, behind it, in the kernel: a request is taken only when the answer before it has ended
// and the kernel has room for more, so order and back-pressure come of themselves. Several source
// files, a job each: server_connection (reading heads, the turn of requests), server_body,
// server_answer, server_closing (the client's going and ours), server_timeouts.
//
// Re-entrance: everything that calls the handler runs in take_turns(), in a timer or in later_,
// never inside a call that the handler makes. A connection is destroyed in later_ alone.
class server_connection final : public server_exchange,
                                private io::stream_handler,
                                public list_hook<> {
 public:
  server_connection(server::impl& of, std::unique_ptr<io::stream> client, const io::address& from);
  ~server_connection();

  bool idle() const noexcept;  // between requests, nothing of the next one seen
  bool fresh() const noexcept { return served_ == 0; }
  // Of an answer there is something still to be made, or to be sent.
  bool owes_answer() const noexcept { return active_ || outbox_.size() != 0; }
  // For a server that goes away: an idle connection is closed, unless a request has just come.
  void close_if_idle();
  void wait_for_request_until(time_point at);
  void cut_off();  // resets it, telling the handler

  // server_exchange
  const request_head& head() const noexcept override { return head_; }
  io::loop& loop() const noexcept override;
  const io::address& peer() const noexcept override { return peer_; }
  time_point received() const noexcept override { return received_; }
  void on_abort(delegate<void()> aborted) override;
  void read_body(body_sink& into, std::uint64_t limit) override;
  void pause_body() override;
  void resume_body() override;
  void respond(int status, std::string_view header_lines, std::string_view body) override;
  void start(int status, std::string_view header_lines,
             std::optional<std::uint64_t> length) override;
  void write(std::string_view piece) override;
  std::size_t buffered() const noexcept override { return outbox_.size(); }
  void on_drained(delegate<void()> drained) override { drained_ = drained; }
  void finish() override;
  void abort() override;
  void close_after() noexcept override { keep_ = false; }
  bool answered() const noexcept override { return answered_; }
  std::uint64_t bytes_sent() const noexcept override { return bytes_sent_; }

 private:
  enum class phase : std::uint8_t {
    open,
    closing,    // the last answer is on its way
    lingering,  // it is out; the client may still be sending
    closed      // the stream is gone; the object goes as soon as no handler holds the exchange
  };
  enum class body_state : std::uint8_t { none, unasked, wanted, paused, discarded };
  // What is read of a body that nobody wants, to keep the connection; beyond it, closing is
  // cheaper.
  static constexpr std::uint64_t most_discarded = 64 * 1024;
  enum later : std::uint8_t { go_on = 1, send = 2, gone = 4, destroy = 8 };

  void on_readable() override;
  void on_writable() override;
  void on_peer_closed() override;

  // Reading (server_connection.cpp)
  void take_turns();
  bool next_request();
  bool fill();  // false: nothing came; the phase tells whether the connection is done for
  void begin_exchange(std::size_t head_bytes);
  void release_handler() noexcept;
  void after_exchange(bool keep);
  void settle();
  void schedule(later what) noexcept;
  void run_later();

  // Bodies (server_body.cpp)
  void pump_body();
  void begin_discarding();
  void discard_body();
  void body_failed(int status, std::string_view detail);
  void ask_for_continue(std::uint64_t limit);
  void wait_for_body() noexcept;
  bool body_open() const noexcept { return body_ != body_state::none; }

  // Answers (server_answer.cpp)
  std::string_view compose_head(int status, std::string_view header_lines, bool chunked,
                                std::optional<std::uint64_t> length);
  bool may_keep() const noexcept;
  void send_pieces(std::span<const std::string_view> pieces);
  void send_later();
  void flush();
  void sent(outbox::outcome how);
  void send_error(const error_body& error);
  void reject(int status, std::string_view detail);

  // The end (server_closing.cpp)
  void begin_closing(bool linger);
  void finish_closing();
  void discard_input();
  void input_ended();
  void check_gone();
  void client_gone(bool abruptly);
  void close(bool abruptly);

  // Time (server_timeouts.cpp)
  void read_until(time_point at) noexcept;
  void write_until(time_point at) noexcept;
  void arm() noexcept;
  void on_timer();
  void reading_timed_out();

  server::impl& server_;
  std::unique_ptr<io::stream> stream_;
  const io::address peer_;
  io::timer timer_;
  io::deferred later_;
  time_point read_until_ = time_point::max();
  time_point write_until_ = time_point::max();
  time_point head_since_{};
  time_point received_{};

  request_parser parser_;
  request_head head_;
  input_buffer input_;
  outbox outbox_;

  body_decoder decoder_;
  body_rate rate_;
  body_sink* sink_ = nullptr;
  delegate<void()> abort_;
  delegate<void()> drained_;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t length_left_ = 0;  // of a streamed answer with a length
  std::uint64_t served_ = 0;
  std::uint64_t discarded_ = 0;

  phase phase_ = phase::open;
  body_state body_ = body_state::none;
  std::uint8_t later_flags_ = 0;
  bool readable_ = false;     // the kernel may hold bytes of which no further event will tell
  bool peer_closed_ = false;  // the client has shut its side, or failed; bytes may still wait
  bool ended_ = false;        // … and all that came before has been read
  bool in_turns_ = false;
  bool active_ = false;  // an exchange runs: the handler owes its end
  bool answered_ = false;
  bool keep_ = true;  // the connection may outlive this exchange
  bool streaming_ = false;
  bool chunked_ = false;
  bool has_length_ = false;
  bool bodiless_ = false;  // HEAD, 204, 304: pieces are dropped
  bool linger_ = false;
  bool continue_due_ = false;  // the client waits for 100
};

}  // namespace weir::http
