#include <gtest/gtest.h>

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "unit/http/client_support.hpp"
#include "weir/base/random.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

struct random_call final : client_receiver {
  void on_head(const response_head& head) override {
    EXPECT_FALSE(over);
    status = head.status;
    if (pause_at_head) exchange->pause();
  }
  void on_body(std::string_view piece) override {
    EXPECT_FALSE(over);
    EXPECT_NE(status, 0);
    body += piece;
  }
  void on_end() override { finish(true); }
  void on_failed(client_error, std::string_view) override { finish(false); }
  void finish(bool well) {
    EXPECT_FALSE(over);
    over = true;
    ended = well;
    exchange = nullptr;
  }

  std::string target;
  client_exchange* exchange = nullptr;
  int status = 0;
  std::string body;
  bool pause_at_head = false;
  bool over = false;
  bool ended = false;
};

// A service that answers each request with its target, in random forms and pieces, or goes away in
// the middle of it.
class random_service {
 public:
  explicit random_service(seeded_random& r) : random_(r) {}

  void step(test::raw_listener& at) {
    while (auto s = at.accept()) connections_.push_back({std::move(s), {}, {}});
    for (auto c = connections_.begin(); c != connections_.end();) {
      c = step(*c) ? std::next(c) : connections_.erase(c);
    }
  }
  bool calm = false;  // answers all and closes nothing

 private:
  struct connection {
    test::socket_fd socket;
    std::string heard;
    std::string to_say;
    bool close_after = false;
  };

  bool step(connection& c) {
    c.heard += c.socket.receive();
    if (c.socket.ended()) return false;
    if (!calm && random_.below(60) == 0) {
      if (random_.below(2) == 0) c.socket.reset();
      return false;
    }
    const std::size_t end = c.heard.find("\r\n\r\n");
    if (c.to_say.empty() && end != std::string::npos) {
      const std::size_t from = c.heard.find(' ') + 1;
      c.to_say = answer(c.heard.substr(from, c.heard.find(' ', from) - from), c.close_after);
      c.heard.erase(0, end + 4);
    }
    if (c.to_say.empty() || (!calm && random_.below(3) == 0)) return true;
    const std::size_t n = 1 + random_.below(c.to_say.size());
    c.socket.send(c.to_say.substr(0, n));
    c.to_say.erase(0, n);
    return !c.to_say.empty() || !c.close_after;
  }

  std::string answer(const std::string& target, bool& close_after) {
    const std::string line = "HTTP/1.1 200 OK\r\n";
    const std::string length = "Content-Length: " + std::to_string(target.size()) + "\r\n\r\n";
    switch (random_.below(5)) {
      case 0:
        return "HTTP/1.1 100 Continue\r\n\r\n" + line + length + target;
      case 1:
        return line + "Transfer-Encoding: chunked\r\n\r\n1\r\n" + target.substr(0, 1) + "\r\n" +
               std::string(chunk_of(target.size() - 1)) + target.substr(1) + "\r\n0\r\n\r\n";
      case 2:
        close_after = true;
        return line + "\r\n" + target;
      case 3:
        close_after = true;
        return line + "Connection: close\r\n" + length + target;
      default:
        return line + length + target;
    }
  }
  static std::string chunk_of(std::size_t size) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {digits[size / 16 % 16], digits[size % 16], '\r', '\n'};
  }

  seeded_random& random_;
  std::list<connection> connections_;
};

// Whatever happens, each exchange has one end, and nobody gets another's answer.
TEST_F(ClientPool, NoAnswerGoesAstrayInRandomRuns) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    seeded_random random(seed);
    random_service service(random);
    client_limits limits;
    limits.connections = 1 + random.below(8);
    limits.idle_connections = random.below(4);
    limits.waiting = 20;
    limits.pipelining = 1 + random.below(4);
    open(limits);
    std::vector<std::unique_ptr<random_call>> calls;
    for (int step = 0; step < 1500; ++step) {
      for (auto n = random.below(8) == 0 ? 1 + random.below(3) : 0; n != 0; --n) {
        calls.push_back(std::make_unique<random_call>());
        random_call& c = *calls.back();
        c.target = "/" + std::to_string(calls.size()) + "x";
        c.pause_at_head = random.below(8) == 0;
        client_request r = get(c.target);
        r.resend_on_stale = random.below(4) != 0;
        r.may_share = random.below(2) == 0;
        c.exchange = &pool->start(r, c);
      }
      if (!calls.empty()) {
        random_call& c = *calls[random.below(calls.size())];
        if (c.exchange && random.below(40) == 0) {
          c.exchange->cancel();
          c.finish(false);
        } else if (c.exchange) {
          c.exchange->resume();
        }
      }
      service.step(server);
      l.run_once(0ms);
      ASSERT_LE(pool->connections(), limits.connections);
      ASSERT_LE(pool->idle(), limits.idle_connections);
    }
    service.calm = true;
    ASSERT_TRUE(until([&] {
      service.step(server);
      std::size_t open_calls = 0;
      for (const auto& c : calls) {
        if (c->exchange) c->exchange->resume();
        if (!c->over) ++open_calls;
      }
      return open_calls == 0;
    })) << "seed "
        << seed;
    std::size_t well = 0;
    for (const auto& c : calls) {
      if (!c->ended) continue;
      ++well;
      // A body until close may be cut short by a close that the service meant to come later.
      ASSERT_EQ(c->body, c->target.substr(0, c->body.size())) << "seed " << seed;
    }
    EXPECT_GT(well, calls.size() / 10) << "seed " << seed;
  }
}

}  // namespace
}  // namespace weir::http
