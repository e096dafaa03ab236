#include <gmock/gmock.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "unit/http/client_support.hpp"
#include "weir/io/buffer_pool.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

TEST_F(ClientPool, NeverCallsTheReceiverBeforeStartReturns) {
  open();
  call c;
  start(c);
  EXPECT_FALSE(c.done());
  EXPECT_EQ(pool->connections(), 1U);
}

TEST_F(ClientPool, ReusesAConnectionForExchangeAfterExchange) {
  open();
  auto at = rested();
  for (int i = 0; i < 100; ++i) {
    call c;
    start(c);
    request_on(at);
    at.send(ok);
    ASSERT_TRUE(until(c));
    ASSERT_TRUE(c.ended);
  }
  EXPECT_EQ(pool->connections(), 1U);
  EXPECT_FALSE(server.accept());
}

TEST_F(ClientPool, TheNextExchangeMayBeStartedAtTheEndOfTheLast) {
  open();
  call second;
  call first;
  first.at_end = [&] { start(second, "/2"); };
  start(first, "/1");
  auto at = accept();
  request_on(at);
  at.send(ok);
  EXPECT_EQ(request_on(at).substr(0, 6), "GET /2");
  EXPECT_EQ(pool->connections(), 1U);
}

TEST_F(ClientPool, TakesTheConnectionThatRestedLast) {
  open();
  call a;
  call b;
  start(a);
  start(b);
  auto first = accept();
  auto second = accept();
  request_on(first);
  request_on(second);
  first.send(ok);
  ASSERT_TRUE(until([&] { return pool->idle() == 1; }));
  second.send(ok);
  ASSERT_TRUE(until([&] { return pool->idle() == 2; }));
  call c;
  start(c);
  request_on(second);
  EXPECT_EQ(first.receive(), "");
}

TEST_F(ClientPool, AConnectionThatItsPeerClosedIsNotUsedAgain) {
  open();
  auto at = rested();
  EXPECT_EQ(pool->idle(), 1U);
  at.close();
  ASSERT_TRUE(until([&] { return pool->connections() == 0; }));
  EXPECT_EQ(pool->idle(), 0U);
}

TEST_F(ClientPool, BytesOnARestingConnectionAreNobodysAndItIsDropped) {
  open();
  auto at = rested();
  at.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
  ASSERT_TRUE(until([&] { return pool->connections() == 0; }));
  EXPECT_TRUE(closed(at));
}

TEST_F(ClientPool, BytesBehindAnAnswerAreNobodysAndItsConnectionIsDropped) {
  open();
  call c;
  answer(c, std::string(ok) + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(c.body, "ok");
  EXPECT_EQ(pool->connections(), 0U);
}

TEST_F(ClientPool, BytesBehindAnAnswerThatEndsWhereTheBufferDoesAreNobodysToo) {
  open({.connections = 1});
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 65000\r\n";
  head += "X: " + std::string(io::buffer_pool::block_bytes - 65000 - head.size() - 7, 'x');
  const std::string whole = head + "\r\n\r\n" + std::string(65000, 'y');
  ASSERT_EQ(whole.size(), io::buffer_pool::block_bytes);
  call first;
  call second;
  start(first);
  start(second, "/second");
  auto at = accept();
  request_on(at);
  at.send(whole + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  ASSERT_TRUE(until(first));
  EXPECT_TRUE(first.ended);
  auto fresh = accept();
  EXPECT_TRUE(request_on(fresh).starts_with("GET /second "));
  fresh.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
  ASSERT_TRUE(until(second));
  EXPECT_EQ(second.body, "good");
}

TEST_F(ClientPool, ABodyWhereNoneMayBeIsDroppedWithItsConnection) {
  for (const auto& [verb, token, head] :
       {std::tuple{method::head, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"},
        std::tuple{method::get, "GET", "HTTP/1.1 204 No Content\r\n\r\nbody"},
        std::tuple{method::get, "GET", "HTTP/1.1 304 Not Modified\r\n\r\nbody"}}) {
    open();
    call c;
    client_request r = get();
    r.verb = verb;
    r.verb_token = token;
    answer(c, head, r);
    EXPECT_TRUE(c.ended) << head;
    EXPECT_EQ(c.body, "");
    EXPECT_EQ(pool->connections(), 0U) << head;
  }
}

TEST_F(ClientPool, HonoursConnectionCloseAndOldVersions) {
  for (const auto& [bytes, kept] :
       {std::pair{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 0U},
        std::pair{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 0U},
        std::pair{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
                  1U}}) {
    open();
    call c;
    answer(c, bytes);
    EXPECT_TRUE(c.ended);
    EXPECT_EQ(pool->connections(), kept) << bytes;
  }
}

TEST_F(ClientPool, AnAnswerThatComesWithTheEndLeavesNoConnectionToReuse) {
  open();
  call first;
  call second;
  first.at_end = [&] { start(second); };
  start(first);
  auto at = accept();
  request_on(at);
  at.send(ok);
  at.close();
  answered_afresh(second);
}

TEST_F(ClientPool, TheRequestsOfABatchGoOutAtItsEnd) {
  open();
  auto at = rested();
  call c;
  start(c);
  EXPECT_EQ(at.receive(), "");
  l.run_once(duration::zero());
  EXPECT_EQ(at.receive(), "GET / HTTP/1.1\r\nHost: shop\r\n\r\n");
}

TEST_F(ClientPool, ARequestCancelledBeforeItLeftLeavesTheConnectionToTheNext) {
  open();
  auto at = rested();
  call unwanted;
  start(unwanted, "/unwanted").cancel();
  EXPECT_EQ(pool->idle(), 1U);
  call c;
  start(c, "/wanted");
  EXPECT_EQ(request_on(at), "GET /wanted HTTP/1.1\r\nHost: shop\r\n\r\n");
  at.send(ok);
  ASSERT_TRUE(until(c));
  EXPECT_TRUE(c.ended);
  EXPECT_FALSE(unwanted.done());
}

TEST_F(ClientPool, ConnectionsThatRestTooLongAreClosed) {
  client_limits limits;
  limits.idle_timeout = 20ms;
  open(limits);
  auto at = rested();
  const time_point since = l.now();
  ASSERT_TRUE(until([&] { return pool->idle() == 0; }));
  EXPECT_GE(l.now() - since, 19ms);
  EXPECT_TRUE(closed(at));
}

TEST_F(ClientPool, KeepsNoMoreRestingConnectionsThanItMay) {
  client_limits limits;
  limits.idle_connections = 1;
  open(limits);
  call a;
  call b;
  start(a);
  start(b);
  auto first = accept();
  auto second = accept();
  request_on(first);
  request_on(second);
  first.send(ok);
  ASSERT_TRUE(until([&] { return pool->idle() == 1; }));
  second.send(ok);
  EXPECT_TRUE(closed(first));
  EXPECT_EQ(pool->idle(), 1U);
  EXPECT_EQ(pool->connections(), 1U);
}

TEST_F(ClientPool, ClosesAllRestingConnectionsWhenTold) {
  open();
  auto at = rested();
  pool->close_idle();
  EXPECT_EQ(pool->connections(), 0U);
  EXPECT_TRUE(closed(at));
}

TEST_F(ClientPool, MayBeDestroyedFromWithinAnyCall) {
  for (int where = 0; where < 4; ++where) {
    open();
    call c;
    call other;
    call waits;
    start(other);
    start(c);
    start(waits).pause();
    const auto destroy = [&] { pool.reset(); };
    if (where == 0) c.at_head = destroy;
    if (where == 1) c.at_body = destroy;
    if (where >= 2) c.at_end = destroy;
    auto a = accept();
    auto b = accept();
    request_on(a);
    request_on(b);
    (where == 3) ? b.close() : b.send(ok);
    ASSERT_TRUE(until([&] { return pool == nullptr; }));
    test::run_a_little(l);
    EXPECT_FALSE(other.done());
    EXPECT_FALSE(waits.done());
    while (server.accept()) {
    }
  }
}

TEST_F(ClientPool, MayBeDestroyedByWhoIsRefused) {
  const io::address nobody = [] { return test::raw_listener().at(); }();
  pool = make_client_pool(l, {.addresses = {nobody}, .tls = nullptr, .server_name = ""}, {});
  call c;
  call d;
  c.at_end = [&] { pool.reset(); };
  start(c);
  start(d);
  ASSERT_TRUE(until(c));
  test::run_a_little(l);
  EXPECT_FALSE(d.done());
}

// One service pours without end; the other's answer must come in between.
TEST_F(ClientPool, AnEndlessAnswerDoesNotStarveAnother) {
  open();
  call endless;
  start(endless, "/endless");
  auto flood = accept();
  request_on(flood);
  flood.send("HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(until([&] { return endless.status == 200; }));
  const int room = 8 << 20;
  ::setsockopt(flood.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 50; ++i) {
    while (::send(flood.get(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
    }
    const std::size_t before = endless.body.size();
    l.run_once(1ms);
    ASSERT_LE(endless.body.size() - before, 8 * io::buffer_pool::block_bytes);
    endless.body.clear();
  }
}

}  // namespace
}  // namespace weir::http
