#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

#include "unit/http/client_support.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

TEST_F(ClientPool, WaitsInTheOrderOfComingWhenAllConnectionsAreBusy) {
  client_limits limits;
  limits.connections = 1;
  open(limits);
  std::array<call, 4> calls;
  std::vector<int> order;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i].at_end = [&, i] { order.push_back(static_cast<int>(i)); };
    start(calls[i], i % 2 == 0 ? "/even" : "/odd");
  }
  EXPECT_EQ(pool->connections(), 1U);
  auto at = accept();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(request_on(at).substr(4, 3), i % 2 == 0 ? "/ev" : "/od");
    at.send(ok);
  }
  ASSERT_TRUE(until(calls.back()));
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
}

TEST_F(ClientPool, WhoWaitsIsServedByANewConnectionWhenTheOldOneCloses) {
  client_limits limits;
  limits.connections = 1;
  open(limits);
  call a;
  call b;
  start(a);
  start(b);
  auto at = accept();
  request_on(at);
  at.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  auto fresh = accept();
  request_on(fresh);
  fresh.send(ok);
  ASSERT_TRUE(until(b));
  EXPECT_TRUE(b.ended);
}

TEST_F(ClientPool, AFullQueueRefusesButNotFromWithinStart) {
  client_limits limits;
  limits.connections = 1;
  limits.waiting = 1;
  open(limits);
  call first;
  call waits;
  call refused;
  start(first);
  auto at = accept();
  request_on(at);
  start(waits);
  start(refused);
  EXPECT_FALSE(refused.done());
  ASSERT_TRUE(until(refused));
  EXPECT_EQ(refused.failure, client_error::no_connection);
  EXPECT_FALSE(waits.done());
}

TEST_F(ClientPool, ARefusedExchangeMayBeCancelledBeforeItHearsOfIt) {
  client_limits limits;
  limits.connections = 1;
  limits.waiting = 0;
  open(limits);
  call first;
  call refused;
  start(first);
  auto at = accept();
  start(refused).cancel();
  test::run_a_little(l);
  EXPECT_FALSE(refused.done());
}

TEST_F(ClientPool, WhoWaitsTooLongForABusyConnectionIsToldSo) {
  client_limits limits;
  limits.connections = 1;
  open(limits);
  call first;
  call waits;
  start(first);
  auto at = accept();
  request_on(at);
  client_request r = get();
  r.connect_until = l.now() + 5ms;
  pool->start(r, waits);
  ASSERT_TRUE(until(waits));
  EXPECT_EQ(waits.failure, client_error::no_connection);
  at.send(ok);
  ASSERT_TRUE(until(first));
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPool, ACancelledWaiterLeavesTheQueue) {
  client_limits limits;
  limits.connections = 1;
  open(limits);
  call first;
  call gone;
  call third;
  start(first);
  start(gone, "/gone").cancel();
  start(third, "/third");
  auto at = accept();
  request_on(at);
  at.send(ok);
  EXPECT_EQ(request_on(at).substr(0, 10), "GET /third");
}

TEST_F(ClientPool, RefusedConnectsAreToldAndTheNextTryIsMadeAnew) {
  open();
  const io::address nobody = [] { return test::raw_listener().at(); }();
  auto dead = make_client_pool(l, {.addresses = {nobody}, .tls = nullptr, .server_name = ""}, {});
  for (int i = 0; i < 3; ++i) {
    call a;
    call b;
    dead->start(get(), a);
    dead->start(get(), b);
    ASSERT_TRUE(until(a));
    ASSERT_TRUE(until(b));
    EXPECT_EQ(a.failure, client_error::connect_refused);
    EXPECT_EQ(b.failure, client_error::connect_refused);
    EXPECT_THAT(a.detail, testing::HasSubstr("Connection refused"));
  }
  EXPECT_EQ(dead->connections(), 0U);
}

TEST_F(ClientPool, WithoutAnAddressItIsAMatterOfNames) {
  auto nameless = make_client_pool(l, {.addresses = {}, .tls = nullptr, .server_name = ""}, {});
  call c;
  nameless->start(get(), c);
  EXPECT_FALSE(c.done());
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::dns);
}

TEST_F(ClientPool, AConnectThatHangsEndsAtItsTime) {
  // A full backlog swallows connects.
  const test::raw_listener hole(0);
  std::vector<test::socket_fd> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    (void)::connect(fillers.back().get(), hole.at().raw(), hole.at().raw_length());
  }
  auto slow =
      make_client_pool(l, {.addresses = {hole.at()}, .tls = nullptr, .server_name = ""}, {});
  call early;
  call late;
  client_request r = get();
  r.connect_until = l.now() + 10ms;
  slow->start(r, early);
  r.connect_until = l.now() + 30ms;
  slow->start(r, late);
  ASSERT_TRUE(until(early));
  EXPECT_EQ(early.failure, client_error::connect_timeout);
  EXPECT_FALSE(late.done());
  ASSERT_TRUE(until(late));
  EXPECT_EQ(late.failure, client_error::connect_timeout);
  ASSERT_TRUE(until([&] { return slow->connections() == 0; }));
}

TEST_F(ClientPool, AConnectionWhoseExchangeWasCancelledMeanwhileServesTheNext) {
  open();
  call gone;
  start(gone).cancel();
  ASSERT_TRUE(until([&] { return pool->idle() == 1; }));
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  at.send(ok);
  ASSERT_TRUE(until(c));
  EXPECT_EQ(pool->connections(), 1U);
}

}  // namespace
}  // namespace weir::http
