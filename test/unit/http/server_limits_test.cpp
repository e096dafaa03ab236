#include "unit/http/server_support.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using test::body_of;
using test::count_of;
using test::get;
using test::keeping_sink;
using test::status_of;

using ServerLimits = test::server_test;

TEST_F(ServerLimits, OfTheHeadAre414And431) {
  serve({.limits = {.target_bytes = 100, .head_bytes = 1000, .head_fields = 5}});
  EXPECT_EQ(status_of(ask("GET /" + std::string(200, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n")),
            "414");
  EXPECT_EQ(status_of(ask("GET /" + std::string(500, 'a'))), "414");
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 6; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(ask(many + "\r\n")), "431");
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(2000, 'b'))), "431");
}

TEST_F(ServerLimits, OfTheHeadHoldAsLargeAsTheyMayBe) {
  serve({.limits = {.target_bytes = 1 << 20, .head_bytes = 1 << 20, .head_fields = 100000}});
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  for (int i = 0; i < 500; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(ask(many + "\r\n")), "200");
  for (int i = 0; i < 50; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(ask(many + "\r\n")), "431");
  const auto with_value = [](std::size_t n) {
    return "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nA: " + std::string(n, 'b') +
           "\r\n\r\n";
  };
  EXPECT_EQ(status_of(ask(with_value(40000))), "200");
  EXPECT_EQ(status_of(ask(with_value(60000))), "431");
  EXPECT_EQ(status_of(ask(with_value(300000))), "431");
}

TEST_F(ServerLimits, AHeadThatComesTooSlowlyIs408) {
  serve({.limits = {.head_timeout = 20ms}});
  auto c = connect();
  c->send("GET / HTTP/1.1\r\nHo");
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(status_of(c->got), "408");
  EXPECT_EQ(count_of(c->got, "Connection: close\r\n"), 1U);
}

TEST_F(ServerLimits, AHeadIsTimedFromItsFirstByteAndNotFromEach) {
  serve({.limits = {.head_timeout = 30ms}});
  auto c = connect();
  const time_point begun = now();
  c->send("G");
  ASSERT_TRUE(until([&] {
    c->send_some("E");
    c->poll();
    return !c->got.empty();
  }));
  EXPECT_EQ(status_of(c->got), "408");
  EXPECT_LT(now() - begun, 1s);
}

TEST_F(ServerLimits, ASlowHeadBehindAGoodRequestIs408Too) {
  serve({.limits = {.head_timeout = 20ms}});
  auto c = connect();
  c->send(get).send("GET /sl");
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(status_of(c->got), "200");
  EXPECT_EQ(count_of(c->got, "HTTP/1.1 408"), 1U);
}

TEST_F(ServerLimits, AnIdleConnectionIsClosedInSilence) {
  serve({.limits = {.idle_timeout = 20ms}});
  auto never = connect();
  ASSERT_TRUE(until_closed(*never));
  EXPECT_EQ(never->got, "");
  EXPECT_FALSE(never->was_reset);
  auto once = connect();
  once->send(get);
  ASSERT_TRUE(until_got(*once, "ok"));
  once->take();
  ASSERT_TRUE(until_closed(*once));
  EXPECT_EQ(once->got, "");
  EXPECT_TRUE(until([&] { return srv->connections() == 0; }));
}

TEST_F(ServerLimits, AnEmptyLineAloneIsStillIdle) {
  serve({.limits = {.head_timeout = 10ms, .idle_timeout = 40ms}});
  auto c = connect();
  c->send("\r\n");
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(c->got, "");
}

TEST_F(ServerLimits, IdleTimeBeginsAnewWithEachRequest) {
  serve({.limits = {.idle_timeout = 60ms}});
  auto c = connect();
  const time_point begun = now();
  int served = 0;
  while (now() - begun < 150ms) {
    c->send(get);
    ASSERT_TRUE(until_got(*c, "ok")) << served;
    c->take();
    ++served;
    loop.run_once(10ms);
  }
  EXPECT_FALSE(c->closed());
}

TEST_F(ServerLimits, AnExchangeThatRunsIsNotIdle) {
  serve({.limits = {.head_timeout = 10ms, .body_timeout = 10ms, .idle_timeout = 10ms}});
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) { held = &x; };
  auto c = connect();
  c->send(get);
  const time_point begun = now();
  until([&] { return now() - begun > 50ms; });
  ASSERT_NE(held, nullptr);
  held->respond(200, "", "late but fine");
  ASSERT_TRUE(until_got(*c, "fine"));
}

class ServerBodyTime : public test::server_test {
 protected:
  void read(duration whole, std::uint32_t rate) {
    serve({.limits = {.body_timeout = whole, .body_least_rate = rate}});
    handle = [this](server_exchange& x) {
      held = &x;
      x.on_abort(delegate<void()>::ref(count_abort));
      x.read_body(sink, 1 << 20);
    };
  }
  server_exchange* held = nullptr;
  keeping_sink sink;
  int aborted = 0;
  std::function<void()> count_abort = [this] { ++aborted; };
};

TEST_F(ServerBodyTime, OverTheWholeTimeIs408) {
  read(30ms, 0);
  auto c = connect();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  ASSERT_TRUE(until([&] {
    c->send_some("x");
    c->poll();
    return !c->got.empty();
  }));
  EXPECT_EQ(status_of(c->got), "408");
  EXPECT_EQ(sink.failed, 408);
  EXPECT_EQ(aborted, 1);
  c->half_close();
  ASSERT_TRUE(until_closed(*c));
  EXPECT_FALSE(c->was_reset);
}

TEST_F(ServerBodyTime, BelowTheLeastRateIs408) {
  read(20ms, 1000000);
  auto c = connect();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
  ASSERT_TRUE(until_got(*c, "HTTP/1.1 408"));
}

TEST_F(ServerBodyTime, DoesNotRunWhileTheHandlerHasPaused) {
  read(20ms, 0);
  auto c = connect();
  sink.on_piece = [&] { held->pause_body(); };
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  const time_point begun = now();
  until([&] { return now() - begun > 60ms; });
  EXPECT_EQ(sink.failed, -1);
  sink.on_piece = nullptr;
  sink.on_end = [&] { held->respond(200, "", "fine"); };
  held->resume_body();
  c->send("cd");
  ASSERT_TRUE(until_got(*c, "fine"));
}

TEST_F(ServerLimits, AClientThatDoesNotReadIsReset) {
  serve({.limits = {.write_timeout = 30ms}});
  int aborted = 0;
  const auto count = [&] { ++aborted; };
  const std::string piece(256 * 1024, 'x');
  handle = [&](server_exchange& x) {
    x.on_abort(delegate<void()>::ref(count));
    x.start(200, "", std::nullopt);
    // More than the kernel takes on both sides, however far it stretches.
    for (int i = 0; i < 64; ++i) x.write(piece);
  };
  auto c = connect(4096);
  c->send(get);
  ASSERT_TRUE(until([&] { return aborted == 1; }));
  EXPECT_TRUE(until([&] { return srv->connections() == 0; }));
  ASSERT_TRUE(until_closed(*c));
  EXPECT_TRUE(c->was_reset);
}

TEST_F(ServerLimits, AnAnswerThatIsCompleteButNotReadIsResetToo) {
  serve({.limits = {.write_timeout = 30ms}});
  const std::string body(16 << 20, 'x');
  handle = [&](server_exchange& x) { x.respond(200, "", body); };
  auto c = connect(4096);
  c->send(get);
  ASSERT_TRUE(until([&] { return !targets.empty(); }));
  ASSERT_TRUE(until([&] { return srv->connections() == 0; }));
  ASSERT_TRUE(until_closed(*c));
  EXPECT_TRUE(c->was_reset);
}

TEST_F(ServerLimits, AClientThatReadsSlowlyButReadsIsServed) {
  serve({.limits = {.write_timeout = 100ms}});
  const std::string body(4 << 20, 'x');
  handle = [&](server_exchange& x) { x.respond(200, "", body); };
  auto c = connect(65536);
  c->send(get);
  ASSERT_TRUE(until([&] {
    c->poll();
    return body_of(c->got).size() == body.size();
  }));
}

TEST_F(ServerLimits, AnAnswerThatIsStillOnItsWayIsNotIdle) {
  serve({.limits = {.idle_timeout = 20ms}});
  const std::string body(16 << 20, 'x');
  handle = [&](server_exchange& x) { x.respond(200, "", body); };
  auto c = connect(4096);
  c->send(get);
  ASSERT_TRUE(until([&] { return !targets.empty(); }));
  const time_point begun = now();
  until([&] { return now() - begun > 60ms; });
  ASSERT_TRUE(until([&] {
    c->poll();
    return body_of(c->got).size() == body.size() || c->closed();
  }));
  EXPECT_EQ(body_of(c->got).size(), body.size());
}

TEST_F(ServerLimits, OverTheConnectionLimitClientsWaitInTheBacklog) {
  serve({.limits = {.connections = 2}});
  auto a = connect();
  auto b = connect();
  auto waiting = connect();
  a->send(get);
  b->send(get);
  waiting->send(get);
  ASSERT_TRUE(until_got(*a, "ok"));
  ASSERT_TRUE(until_got(*b, "ok"));
  turn(10);
  waiting->poll();
  EXPECT_EQ(srv->connections(), 2U);
  EXPECT_EQ(waiting->got, "");
  a->close();
  ASSERT_TRUE(until_got(*waiting, "ok"));
  EXPECT_EQ(srv->connections(), 2U);
}

TEST_F(ServerLimits, MayChangeWhileItRuns) {
  serve({.limits = {.connections = 1}});
  auto a = connect();
  auto b = connect();
  b->send(get);
  turn(10);
  EXPECT_EQ(srv->connections(), 1U);
  srv->set_limits({.target_bytes = 50, .connections = 10});
  ASSERT_TRUE(until_got(*b, "ok"));
  a->send("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until_got(*a, "HTTP/1.1 414"));
}

TEST_F(ServerLimits, ChangedWithinAHeadHoldForTheNextOne) {
  serve({.limits = {.head_fields = 400}});
  std::string fields;
  for (int i = 0; i < 300; ++i) fields += "a: b\r\n";
  auto c = connect();
  c->send("GET / HTTP/1.1\r\nHost: a\r\n" + fields);
  turn();
  srv->set_limits({.head_fields = 5});
  c->send(fields + "\r\n");
  ASSERT_TRUE(until_got(*c, "HTTP/1.1 431"));
}

}  // namespace
}  // namespace weir::http
