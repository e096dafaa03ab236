#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/io/loop.hpp"
#include "weir/redis/reply.hpp"
#include "weir/redis/settings.hpp"

namespace weir::redis {

// One connection to a server, on one loop, kept up for as long as the client lives: it connects,
// lets itself in, and when it is lost tries again, with growing pauses. Never blocks. Commands are
// sent at once and answered in order (pipelining). hiredis writes and reads the protocol; the
// sockets are our own. Belongs to its loop's thread.
//
// A client with subscriptions takes no other commands (RESP2): use a second client for them.
class client final {
 public:
  // Null: it failed, was lost with its connection, or there is none; `why` says so. A reply of the
  // server may be an error too.
  using done = std::function<void(const reply* answer, std::string_view why)>;
  using message = std::function<void(std::string_view channel, std::string_view payload)>;

  struct listener {
    std::function<void()> on_up;                        // connected and let in; subscribed
    std::function<void(std::string_view why)> on_down;  // once for each loss or failed first try
  };

  client(io::loop& on, settings to, listener told);
  ~client();  // what waits is not answered; what was sent goes out if the server takes it at once
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  // Before start(): renewed with every connection.
  void subscribe(std::vector<std::string> channels, message on_message);

  void start();
  bool up() const noexcept;

  // Answered at once, from within the call, when there is no connection: nothing is queued for one.
  void send(std::initializer_list<std::string_view> command, done then);
  void send(const std::vector<std::string_view>& command, done then);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::redis
