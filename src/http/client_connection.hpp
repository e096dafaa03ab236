#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "client_exchange.hpp"
#include "weir/base/intrusive_list.hpp"
#include "weir/http/body_decoder.hpp"
#include "weir/http/client.hpp"
#include "weir/http/parser.hpp"
#include "weir/io/buffer_pool.hpp"
#include "weir/io/connect.hpp"
#include "weir/io/loop.hpp"
#include "weir/io/stream.hpp"

namespace weir::http {

class h1_pool;

struct all_connections;
struct idle_connections;

// One connection: opens itself, then carries one exchange after another, or several of one batch
// whose requests go out together and are answered in their order (client_connection_line.cpp).
// Holds a read buffer only while bytes of an answer lie in it. Closed for good by its first fault;
// the pool deletes it at the end of the batch, so that it may be closed from within its own calls.
class h1_connection final : public list_hook<all_connections>,
                            public list_hook<idle_connections>,
                            private io::stream_handler,
                            private io::connector::receiver {
 public:
  enum class state : unsigned char { connecting, idle, busy, closed };

  explicit h1_connection(h1_pool& pool);
  ~h1_connection();

  void open(const io::connector::target& instance, time_point until);
  void run(h1_exchange& exchange);
  void rest(time_point now) noexcept;  // becomes idle
  void close() noexcept;
  time_point idle_since() const noexcept { return idle_since_; }

  // Until what it carries is sent, at the end of the batch, others may go out with it.
  void join(h1_exchange& behind);
  std::size_t in_line() const noexcept { return behind_count_ + (exchange_ ? 1 : 0); }

  // For its exchanges.
  void cancel_exchange(h1_exchange& cancelled) noexcept;
  void disperse(const h1_exchange& front) noexcept;
  void go_on_later() noexcept { turn_.schedule(); }
  // At the end of the batch: what a batch has for one service goes out in a row, which wakes it
  // once, and a request goes out together with the first pieces of its body.
  void send_later();
  // A large piece straight to the kernel, when nothing waits before it. False: keep a copy.
  bool write_through(std::string_view before, std::string_view piece, std::string_view after);

 private:
  // What the caller of a step may do next: go on with this connection, or leave it alone, because
  // its exchange has ended or paused, or it is closed, or there is no pool any more.
  enum class next : unsigned char { go_on, leave };

  void on_connected(std::unique_ptr<io::stream> connected) override;
  void on_connect_failed(const io::connect_failure& why) override;
  void on_readable() override;
  void on_writable() override;
  void on_peer_closed() override;
  void foresee(unsigned step) const noexcept override;
  void on_turn();

  void begin_answer() noexcept;
  void gather();
  void sent_off() noexcept;
  next next_in_line(h1_exchange& ended);
  void send_line_elsewhere() noexcept;

  void push();
  next push_and_tell();
  void write_failed() noexcept;
  void read_some();
  void read_when_idle();
  next process();
  next take_head();
  next take_body(std::string_view piece);
  next finish();
  bool nothing_behind();
  bool as_if_unused() const noexcept;
  next misread(std::string_view detail);
  next lost(bool orderly);
  next ask_again();
  next fail(client_error why, std::string_view detail);
  std::string_view unread() const noexcept { return {block_.data() + begin_, end_ - begin_}; }
  std::span<field> room() noexcept;
  bool make_room();
  void release_block_if_empty() noexcept;

  h1_pool& pool_;
  state state_ = state::connecting;
  bool reused_ = false;     // has carried an exchange or rested: its peer may have given it up
  bool undrained_ = false;  // the socket may hold bytes of which no further edge will tell
  bool write_blocked_ = false;
  bool write_broken_ = false;
  bool flush_due_ = false;
  bool sending_begun_ = false;  // the kernel has had a byte of what it carries
  bool keep_alive_ = true;      // as far as is known
  bool head_done_ = false;
  bool answer_begun_ = false;    // a byte of it has come
  bool behind_another_ = false;  // its answer is due right behind that of another in the line
  bool gathers_ = false;
  std::size_t interim_ = 0;
  std::size_t begin_ = 0;  // of what is unread in the block
  std::size_t end_ = 0;
  io::buffer_pool::block block_;
  h1_exchange* exchange_ = nullptr;     // whose answer comes next
  intrusive_list<h1_exchange> behind_;  // those after it
  std::size_t behind_count_ = 0;
  std::string behind_out_;  // of their requests, what is still to be sent
  std::unique_ptr<io::connector> connector_;
  std::unique_ptr<io::stream> stream_;
  std::unique_ptr<field[]> own_room_;  // for a head that comes in pieces
  response_parser parser_;
  response_head head_;  // views into the block: of use only while it is told
  body_decoder decoder_;
  time_point idle_since_{};
  time_point awaited_since_{};  // the answer of exchange_
  io::deferred turn_;
};

}  // namespace weir::http
