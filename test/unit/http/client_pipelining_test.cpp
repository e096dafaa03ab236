#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "unit/http/client_support.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::string answer_of(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

struct ClientPipelining : ClientPool {
  void share(std::size_t most, client_limits limits = {}) {
    limits.pipelining = most;
    open(limits);
  }
  static client_request shared(std::string_view target) {
    client_request r = get(target);
    r.may_share = true;
    return r;
  }
  client_exchange& share(call& to, std::string_view target) {
    return pool->start(shared(target), to);
  }
  // The targets of the requests that came, in their order.
  std::vector<std::string> targets_on(test::socket_fd& at, std::size_t count) {
    std::string got;
    std::vector<std::string> targets;
    EXPECT_TRUE(test::run_until(l, [&] {
      got += at.receive();
      for (auto end = got.find("\r\n\r\n"); end != std::string::npos; end = got.find("\r\n\r\n")) {
        const auto begin = got.find(' ') + 1;
        targets.push_back(got.substr(begin, got.find(' ', begin) - begin));
        got.erase(0, end + 4);
      }
      return targets.size() >= count;
    })) << got;
    return targets;
  }
  // Two that went elsewhere, each to a connection of its own; what was asked there.
  std::vector<std::string> answered_elsewhere(call& a, call& b) {
    auto one = accept();
    auto other = accept();
    std::vector<std::string> targets;
    for (test::socket_fd* at : {&one, &other}) {
      const auto asked = targets_on(*at, 1);
      EXPECT_EQ(asked.size(), 1U);
      targets.insert(targets.end(), asked.begin(), asked.end());
      at->send(ok);
    }
    EXPECT_TRUE(until(a));
    EXPECT_TRUE(until(b));
    EXPECT_TRUE(a.ended && b.ended);
    return targets;
  }
};

TEST_F(ClientPipelining, SendsWhatStartsInOneBatchOverOneConnectionAndAnswersInOrder) {
  share(8);
  auto at = rested();
  std::array<call, 3> calls;
  std::vector<int> order;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i].at_end = [&, i] { order.push_back(static_cast<int>(i)); };
    share(calls[i], "/" + std::to_string(i));
  }
  EXPECT_THAT(targets_on(at, 3), ElementsAre("/0", "/1", "/2"));
  EXPECT_EQ(pool->connections(), 1U);
  at.send(answer_of("a") + answer_of("bb") + answer_of("ccc"));
  ASSERT_TRUE(until(calls[2]));
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  EXPECT_EQ(calls[0].body + calls[1].body + calls[2].body, "abbccc");
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPipelining, TakesAnswersInPiecesOfOneByte) {
  share(8);
  auto at = rested();
  std::array<call, 3> calls;
  for (call& c : calls) share(c, "/");
  targets_on(at, 3);
  for (const char byte : answer_of("one") +
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "3\r\ntwo\r\n0\r\n\r\n" +
                             answer_of("")) {
    at.send(std::string(1, byte));
    l.run_once(1ms);
  }
  ASSERT_TRUE(until(calls[2]));
  EXPECT_EQ(calls[0].body, "one");
  EXPECT_EQ(calls[1].body, "two");
  EXPECT_TRUE(calls[2].ended);
}

TEST_F(ClientPipelining, IsOffByDefault) {
  open();
  call a;
  call b;
  share(a, "/a");
  share(b, "/b");
  EXPECT_EQ(pool->connections(), 2U);
}

TEST_F(ClientPipelining, FillsAConnectionUpToTheLimitAndThenTakesTheNext) {
  share(2);
  std::array<call, 5> calls;
  for (call& c : calls) share(c, "/");
  EXPECT_EQ(pool->connections(), 3U);
  auto first = accept();
  auto second = accept();
  auto third = accept();
  EXPECT_EQ(targets_on(first, 2).size(), 2U);
  EXPECT_EQ(targets_on(second, 2).size(), 2U);
  EXPECT_EQ(targets_on(third, 1).size(), 1U);
}

TEST_F(ClientPipelining, KeepsThoseApartWhoDoNotShare) {
  share(8);
  call own;
  call a;
  call b;
  client_request post = shared("/post");
  post.verb = method::post;
  post.verb_token = "POST";
  post.body = "x";
  share(a, "/a");
  pool->start(post, own);
  share(b, "/b");
  EXPECT_EQ(pool->connections(), 2U);
  auto first = accept();
  auto second = accept();
  EXPECT_THAT(targets_on(first, 2), ElementsAre("/a", "/b"));
  EXPECT_THAT(targets_on(second, 1), ElementsAre("/post"));
}

TEST_F(ClientPipelining, NobodyJoinsBehindAnAnswerThatIsAwaited) {
  share(8);
  auto at = rested();
  call early;
  call late;
  share(early, "/early");
  EXPECT_THAT(targets_on(at, 1), ElementsAre("/early"));
  share(late, "/late");
  auto other = accept();
  EXPECT_THAT(targets_on(other, 1), ElementsAre("/late"));
}

TEST_F(ClientPipelining, WhoStandsBehindOneThatIsGivenUpGoesElsewhere) {
  share(8);
  auto at = rested();
  call slow;
  call next;
  call hindmost;
  client_exchange& given_up = share(slow, "/slow");
  share(next, "/next");
  share(hindmost, "/last");
  targets_on(at, 3);
  given_up.cancel();
  EXPECT_THAT(answered_elsewhere(next, hindmost), ElementsAre("/next", "/last"));
  EXPECT_FALSE(slow.done());
  EXPECT_TRUE(closed(at));
}

TEST_F(ClientPipelining, AllGivenUpAtOnceOpenNothing) {
  share(8);
  auto at = rested();
  std::array<call, 4> calls;
  std::vector<client_exchange*> exchanges;
  for (call& c : calls) exchanges.push_back(&share(c, "/"));
  targets_on(at, 4);
  for (client_exchange* one : exchanges) one->cancel();
  l.run_once(1ms);
  EXPECT_EQ(pool->connections(), 0U);
}

TEST_F(ClientPipelining, OneGivenUpInTheLineLetsThoseBeforeItEnd) {
  share(8);
  auto at = rested();
  call first;
  call middle;
  call hindmost;
  share(first, "/first");
  client_exchange& given_up = share(middle, "/middle");
  share(hindmost, "/last");
  targets_on(at, 3);
  given_up.cancel();
  at.send(ok);
  ASSERT_TRUE(until(first));
  EXPECT_TRUE(first.ended);
  auto other = accept();
  EXPECT_THAT(targets_on(other, 1), ElementsAre("/last"));
  other.send(ok);
  ASSERT_TRUE(until(hindmost));
  EXPECT_TRUE(hindmost.ended);
  EXPECT_FALSE(middle.done());
}

TEST_F(ClientPipelining, AnEndMayCancelTheNextInLine) {
  share(8);
  auto at = rested();
  call first;
  call second;
  share(first, "/first");
  client_exchange& other = share(second, "/second");
  first.at_end = [&] { other.cancel(); };
  targets_on(at, 2);
  at.send(std::string(ok) + std::string(ok));
  ASSERT_TRUE(until(first));
  EXPECT_TRUE(closed(at));
  EXPECT_FALSE(second.done());
  EXPECT_EQ(pool->connections(), 0U);
}

TEST_F(ClientPipelining, AnEndMayDestroyThePool) {
  share(8);
  auto at = rested();
  call first;
  call second;
  share(first, "/first");
  share(second, "/second");
  first.at_end = [&] { pool.reset(); };
  targets_on(at, 2);
  at.send(std::string(ok) + std::string(ok));
  ASSERT_TRUE(until(first));
  EXPECT_FALSE(second.done());
}

TEST_F(ClientPipelining, AfterAnAnswerThatClosesTheRestAreSentAgainEachAlone) {
  share(8);
  auto at = rested();
  std::array<call, 3> calls;
  for (call& c : calls) share(c, "/");
  targets_on(at, 3);
  at.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(until(calls[0]));
  answered_elsewhere(calls[1], calls[2]);
}

TEST_F(ClientPipelining, AnAnswerThatBreaksOffFailsItsOwnCallAlone) {
  share(8);
  auto at = rested();
  call broken;
  call other;
  share(broken, "/broken");
  share(other, "/other");
  targets_on(at, 2);
  at.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  at.close();
  ASSERT_TRUE(until(broken));
  EXPECT_EQ(broken.failure, client_error::truncated);
  auto fresh = accept();
  targets_on(fresh, 1);
  fresh.send(ok);
  ASSERT_TRUE(until(other));
  EXPECT_TRUE(other.ended);
}

TEST_F(ClientPipelining, JunkAfterAnAnswerIsNotTheFaultOfTheNextInLine) {
  share(8);
  auto at = rested();
  call first;
  call second;
  call third;
  share(first, "/first");
  share(second, "/second");
  share(third, "/third");
  targets_on(at, 3);
  at.send(std::string(ok) + "junk\r\n\r\n");
  answered_elsewhere(second, third);
  EXPECT_TRUE(first.ended);
}

TEST_F(ClientPipelining, WhatIsAskedForAloneAfterJunkFailsByItsOwnAnswer) {
  share(8);
  auto at = rested();
  call first;
  call second;
  share(first, "/first");
  share(second, "/second");
  targets_on(at, 2);
  at.send(std::string(ok) + "junk\r\n\r\n");
  auto alone = accept();
  targets_on(alone, 1);
  alone.send("junk\r\n\r\n");
  ASSERT_TRUE(until(second));
  EXPECT_EQ(second.failure, client_error::malformed);
  EXPECT_FALSE(server.accept());
}

TEST_F(ClientPipelining, AFreshConnectionThatEndsUnderSeveralSendsTheFirstAgainToo) {
  share(8);
  std::array<call, 2> calls;
  for (call& c : calls) share(c, "/");
  auto at = accept();
  targets_on(at, 2);
  at.close();
  answered_elsewhere(calls[0], calls[1]);
}

TEST_F(ClientPipelining, AConnectionThatProvesDeadSendsAllOfThemAgain) {
  share(8);
  auto at = rested();
  call a;
  call b;
  share(a, "/a");
  share(b, "/b");
  targets_on(at, 2);
  at.close();
  answered_elsewhere(a, b);
}

TEST_F(ClientPipelining, AServiceThatClosesUnderThemThreeTimesIsSparedForAMinute) {
  share(8);
  for (int time = 0; time < 3; ++time) {
    std::array<call, 2> calls;
    for (call& c : calls) share(c, "/");
    auto at = accept();
    targets_on(at, 2);
    at.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(until(calls[0]));
    auto again = accept();
    targets_on(again, 1);
    again.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(until(calls[1]));
  }
  call a;
  call b;
  share(a, "/a");
  share(b, "/b");
  EXPECT_EQ(pool->connections(), 2U);
}

TEST_F(ClientPipelining, ALongAnswerLetsThoseBehindItGo) {
  share(8);
  auto at = rested();
  call big;
  call small;
  client_exchange& front = share(big, "/big");
  share(small, "/small");
  big.at_head = [&] { front.let_others_go(); };
  targets_on(at, 2);
  at.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nbig");
  auto other = accept();
  EXPECT_THAT(targets_on(other, 1), ElementsAre("/small"));
  other.send(ok);
  ASSERT_TRUE(until(small));
  EXPECT_TRUE(small.ended);
  EXPECT_FALSE(big.done());
  at.send("one" + std::string(ok));
  ASSERT_TRUE(until(big));
  EXPECT_EQ(big.body, "bigone");
  EXPECT_TRUE(closed(at));
}

TEST_F(ClientPipelining, ThoseWhoWaitShareTheConnectionThatComesFree) {
  client_limits limits;
  limits.connections = 1;
  share(3, limits);
  call busy;
  std::array<call, 3> waiting;
  start(busy);
  auto at = accept();
  request_on(at);
  share(waiting[0], "/0");
  share(waiting[1], "/1");
  share(waiting[2], "/2");
  at.send(ok);
  EXPECT_THAT(targets_on(at, 3), ElementsAre("/0", "/1", "/2"));
  at.send(std::string(ok) + std::string(ok) + std::string(ok));
  ASSERT_TRUE(until(waiting[2]));
  EXPECT_TRUE(waiting[0].ended && waiting[1].ended && waiting[2].ended);
}

TEST_F(ClientPipelining, WhereThereIsRoomForOneConnectionThoseSentAgainTakeTurns) {
  share(8, {.connections = 1});
  auto at = rested();
  std::array<call, 3> calls;
  for (call& c : calls) share(c, "/");
  targets_on(at, 3);
  at.close();
  for (std::ptrdiff_t i = 1; i <= 3; ++i) {
    auto fresh = accept();
    ASSERT_TRUE(fresh) << i;
    targets_on(fresh, 1);
    fresh.send(ok);
    ASSERT_TRUE(until([&] {
      return std::count_if(calls.begin(), calls.end(), [](const call& c) { return c.ended; }) == i;
    })) << i;
  }
  EXPECT_EQ(pool->connections(), 1U);
}

}  // namespace
}  // namespace weir::http
