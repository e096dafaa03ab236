#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "message.hpp"
#include "weir/redis/client.hpp"

namespace weir::sharing {

// One process' connections to the server: commands by one, the channel by the other. Up when both
// are. Belongs to its loop's thread.
class link {
 public:
  struct listener {
    std::function<void()> on_up;
    std::function<void(std::string_view why)> on_down;
    std::function<void(const message&)> on_message;  // of other processes alone
  };
  link(io::loop& on, const redis::settings& server, std::string prefix, listener told);

  void start();
  bool up() const noexcept { return up_; }
  const std::string& process() const noexcept { return process_; }

  std::string key(std::string_view kind, std::string_view circuit) const;
  // Where all processes hear each other.
  std::string channel() const { return prefix_ + ":circuits"; }
  void tell(const message& m);
  // `then` gets null when there is no answer.
  void run(std::string_view script, std::vector<std::string> keys, std::vector<std::string> args,
           std::function<void(const redis::reply*)> then = {});
  void set(const std::string& key, std::string_view value);
  void increment(const std::string& key);

 private:
  redis::client::listener watch();
  void look();

  std::string prefix_;
  std::string process_;
  listener told_;
  bool up_ = false;
  bool told_down_ = false;
  std::string why_;
  redis::client commands_;
  redis::client channel_;
};

}  // namespace weir::sharing
