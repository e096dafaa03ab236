// Clients and handlers that do anything at any moment, in an order drawn from a fixed seed. What
// must hold whatever happens: every exchange ends exactly once, and nothing is left in the end.

#include <map>
#include <random>

#include "unit/http/server_support.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

class ServerChaos : public test::server_test {
 protected:
  using engine = std::mt19937;
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  }
  bool chance(unsigned percent) { return below(100) < percent; }

  // A handler's work on one exchange.
  struct work final : body_sink {
    work(ServerChaos& in, server_exchange& on) : chaos(in), exchange(&on) {
      on.on_abort(delegate<void()>::to<&work::aborted>(*this));
    }
    void aborted() {
      EXPECT_NE(exchange, nullptr) << "an exchange ended twice";
      exchange = nullptr;
      ++chaos.ended;
    }
    void ends() {
      exchange = nullptr;
      ++chaos.ended;
    }
    void on_body(std::string_view piece) override {
      EXPECT_NE(exchange, nullptr);
      taken += piece.size();
      if (chaos.chance(20)) exchange->pause_body();
      if (chaos.chance(10)) step();
    }
    void on_body_end() override {
      EXPECT_NE(exchange, nullptr);
      if (chaos.chance(50)) step();
    }
    void on_body_failed(int status) override {
      EXPECT_NE(exchange, nullptr);
      EXPECT_GE(status, 400);
    }

    // One thing that a handler may do now.
    void step() {
      if (exchange == nullptr) return;
      server_exchange& x = *exchange;
      switch (chaos.below(9)) {
        case 0:
          x.read_body(*this, chaos.chance(30) ? 50 : 1 << 20);
          break;
        case 1:
          x.pause_body();
          break;
        case 2:
          x.resume_body();
          break;
        case 3:
          if (x.answered()) break;
          ends();
          x.respond(chaos.chance(10) ? 204 : 200, "A: b\r\n", std::string(chaos.below(20000), 'r'));
          break;
        case 4:
          if (x.answered()) break;
          length =
              chaos.chance(50) ? std::optional<std::uint64_t>(chaos.below(3000)) : std::nullopt;
          x.start(200, "", length);
          break;
        case 5:
          if (x.answered() && x.buffered() < 200000) {
            x.write(std::string(chaos.below(chaos.chance(10) ? 100000 : 700), 'w'));
          }
          break;
        case 6:
          if (!x.answered()) break;
          ends();
          x.finish();
          break;
        case 7:
          if (!chaos.chance(20)) break;
          ends();
          x.abort();
          break;
        default:
          x.close_after();
          break;
      }
    }

    ServerChaos& chaos;
    server_exchange* exchange;
    std::optional<std::uint64_t> length;
    std::size_t taken = 0;
  };

  std::string request() {
    const std::string host = " HTTP/1.1\r\nHost: a\r\n";
    switch (below(8)) {
      case 0:
        return "GET /" + std::string(below(50), 'g') + host + "\r\n";
      case 1:
        return "HEAD /" + host + "\r\n";
      case 2:
        return "POST /" + host + "Content-Length: 300\r\n\r\n" + std::string(300, 'b');
      case 3:
        return "POST /" + host + "Content-Length: 90000\r\n\r\n" + std::string(90000, 'b');
      case 4:
        return "POST /" + host +
               "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x\r\nabc\r\n0\r\nT: v\r\n\r\n";
      case 5:
        return "POST /" + host + "Expect: 100-continue\r\nContent-Length: 20\r\n\r\n" +
               std::string(20, 'e');
      case 6:
        return "GET / HTTP/1.0\r\n\r\n";
      default:
        return chance(20) ? "GARBAGE\r\n\r\n" : "GET /x" + host + "\r\n";
    }
  }

  struct talker {
    std::unique_ptr<test::raw_client> socket;
    std::string unsent;
  };

  void run(unsigned seed, int rounds) {
    random.seed(seed);
    serve({.limits = {.head_bytes = 4096,
                      .connections = 20,
                      .head_timeout = 30ms,
                      .body_timeout = 30ms,
                      .body_least_rate = 0,
                      .idle_timeout = 40ms,
                      .write_timeout = 30ms}});
    handle = [this](server_exchange& x) {
      ++begun;
      works.push_back(std::make_unique<work>(*this, x));
      const auto steps = below(4);
      for (std::size_t i = 0; i < steps; ++i) works.back()->step();
    };
    std::vector<talker> talkers(12);
    for (int round = 0; round < rounds; ++round) {
      for (auto& t : talkers) act(t);
      for (std::size_t i = 0; i < works.size(); ++i) {
        if (chance(30)) works[i]->step();
      }
      std::erase_if(works, [](const auto& w) { return w->exchange == nullptr; });
      loop.run_once(0ms);
      if (round > rounds * 2 / 3 && chance(2)) srv->announce_close(chance(50));
      if (HasFailure()) return;
    }
    bool done = false;
    srv->drain(loop.now() + 50ms, [&] { done = true; });
    EXPECT_TRUE(until([&] { return done; }));
    EXPECT_EQ(srv->active_exchanges(), 0U);
    EXPECT_EQ(begun, ended);
    EXPECT_GT(begun, 100);
  }

  void act(talker& t) {
    if (!t.socket) {
      if (chance(30)) t = {connect(chance(30) ? 4096 : 0), {}};
      return;
    }
    if (t.unsent.empty() && chance(40)) {
      for (auto n = below(3) + 1; n > 0; --n) t.unsent += request();
    }
    if (!t.unsent.empty()) {
      const std::size_t most = chance(20) ? below(10) + 1 : t.unsent.size();
      t.unsent.erase(0, t.socket->send_some(std::string_view(t.unsent).substr(0, most)));
    }
    if (chance(60)) t.socket->poll();
    if (t.socket->closed() || chance(1)) {
      t.socket->close();
      t = {};
    } else if (chance(1)) {
      t.socket->reset();
      t = {};
    } else if (chance(1)) {
      t.socket->half_close();
    }
  }

  engine random;
  std::vector<std::unique_ptr<work>> works;
  int begun = 0;
  int ended = 0;
};

TEST_F(ServerChaos, EndsEveryExchangeExactlyOnce) {
  run(20240601, 3000);
}
TEST_F(ServerChaos, EndsEveryExchangeExactlyOnceWithOtherLuck) {
  run(42, 3000);
}

}  // namespace
}  // namespace weir::http
