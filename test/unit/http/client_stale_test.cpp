#include <gtest/gtest.h>

#include <optional>

#include "unit/http/client_support.hpp"

// Connections that die: before what goes out on them, under it, or behind it.
namespace weir::http {
namespace {

using namespace std::chrono_literals;

// The peer has closed, and the loop has not heard of it yet.
TEST_F(ClientPool, ARequestOnAStaleConnectionGoesOutAgainOnAFreshOne) {
  for (const bool abruptly : {false, true}) {
    open();
    auto stale = rested();
    abruptly ? stale.reset() : stale.close();
    call c;
    start(c, "/again");
    EXPECT_EQ(answered_afresh(c), "GET /again HTTP/1.1\r\nHost: shop\r\n\r\n");
    EXPECT_FALSE(c.failure);
  }
}

TEST_F(ClientPool, AConnectionThatHasOnlyRestedMayBeStaleToo) {
  open();
  call gone;
  start(gone).cancel();
  auto stale = accept();
  ASSERT_TRUE(until([&] { return pool->idle() == 1; }));
  stale.close();
  call c;
  start(c);
  answered_afresh(c);
}

TEST_F(ClientPool, ARequestThatWasReceivedOnAReusedConnectionGoesOutAgainToo) {
  open();
  auto stale = rested();
  call c;
  client_request r = get();
  r.verb_token = "PUT";
  r.body = "body";
  pool->start(r, c);
  request_on(stale);
  stale.close();
  auto fresh = accept();
  EXPECT_TRUE(request_on(fresh).ends_with("\r\n\r\nbody"));
}

TEST_F(ClientPool, WhatMustNotGoOutTwiceFailsOnAStaleConnection) {
  for (const bool streamed : {false, true}) {
    open();
    auto stale = rested();
    call c;
    client_request r = get();
    r.streamed = streamed;
    r.resend_on_stale = streamed;
    client_exchange& x = pool->start(r, c);
    if (streamed) x.write_body("piece");
    request_on(stale);
    stale.close();
    ASSERT_TRUE(until(c));
    EXPECT_EQ(c.failure, client_error::stale);
    EXPECT_FALSE(server.accept());
  }
}

TEST_F(ClientPool, WhatHasNotLeftYetGoesElsewhereThoughItMayNotGoOutTwice) {
  open();
  auto stale = rested();
  stale.close();
  call c;
  client_request r = get();
  r.resend_on_stale = false;
  pool->start(r, c);
  answered_afresh(c);
}

// Its pieces are not kept once they are given to a connection.
TEST_F(ClientPool, AStreamedBodyIsLostWithAStaleConnectionThoughNothingLeft) {
  open();
  auto stale = rested();
  stale.close();
  call c;
  client_request r = get();
  r.streamed = true;
  pool->start(r, c).write_body("piece");
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::stale);
  EXPECT_FALSE(server.accept());
}

TEST_F(ClientPool, AFreshConnectionThatEndsBeforeTheAnswerIsAReset) {
  open();
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  at.close();
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::reset);
}

TEST_F(ClientPool, ARequestGoesOutAgainOnlyOnce) {
  open();
  auto stale = rested();
  stale.close();
  call c;
  start(c);
  auto fresh = accept();
  request_on(fresh);
  fresh.close();
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::reset);
  EXPECT_FALSE(server.accept());
}

TEST_F(ClientPool, AReusedConnectionThatBreaksAfterAByteIsAReset) {
  open();
  auto at = rested();
  call c;
  start(c);
  request_on(at);
  at.send("H");
  at.close();
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::reset);
}

TEST_F(ClientPool, AResendDoesNotTakeAnotherConnectionThatHasRested) {
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
  second.send(ok);
  ASSERT_TRUE(until([&] { return pool->idle() == 2; }));
  first.close();
  second.close();
  call c;
  start(c);
  answered_afresh(c);
}

TEST_F(ClientPool, IsInUseWhileARequestWaitsForItsSecondConnection) {
  open();
  auto at = rested();
  call c;
  start(c);
  request_on(at);
  // Runs at the end of the batch that finds the connection closed, before the pool's own chores.
  std::optional<std::size_t> connections;
  bool unused = true;
  const auto look = [&] {
    connections = pool->connections();
    unused = pool->unused();
  };
  io::deferred looking(l, delegate<void()>::ref(look));
  at.close();
  for (int i = 0; i < 100 && connections != 0U; ++i) {
    looking.schedule();
    l.run_once(5ms);
  }
  ASSERT_EQ(connections, 0U);
  EXPECT_FALSE(unused);
  answered_afresh(c);
}

}  // namespace
}  // namespace weir::http
