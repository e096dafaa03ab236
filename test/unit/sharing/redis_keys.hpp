#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "support/redis_server.hpp"
#include "weir/io/loop.hpp"
#include "weir/redis/client.hpp"

namespace weir::test {

// Reads and writes a server's keys as somebody else would.
class redis_keys {
 public:
  explicit redis_keys(const redis_server& server) : client_(loop_, server.settings(), {}) {
    client_.start();
    while (!client_.up()) loop_.run_once(std::chrono::milliseconds(10));
  }
  std::string get(std::string_view key) {
    std::optional<std::string> value;
    client_.send({"GET", key}, [&](const redis::reply* r, std::string_view) {
      value = r ? std::string(r->text()) : "?";
    });
    while (!value) loop_.run_once(std::chrono::milliseconds(10));
    return *value;
  }
  void set(std::string_view key, std::string_view value) {
    client_.send({"SET", key, value}, {});
    get(key);
  }

 private:
  io::loop loop_;
  redis::client client_;
};

}  // namespace weir::test
