#include <gmock/gmock.h>

#include <array>
#include <tuple>

#include "unit/http/client_support.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(ClientPool, SendsAHeadWithHostAndTheGivenLines) {
  open();
  call c;
  client_request r = get("/a?b=c");
  r.header_lines = "Accept: */*\r\nX-A: 1\r\n";
  pool->start(r, c);
  auto at = accept();
  EXPECT_EQ(request_on(at), "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nAccept: */*\r\nX-A: 1\r\n\r\n");
}

TEST_F(ClientPool, SendsABodyWithItsLength) {
  open();
  call c;
  client_request r = get();
  r.verb = method::post;
  r.verb_token = "POST";
  r.body = "hello";
  pool->start(r, c);
  auto at = accept();
  EXPECT_EQ(request_on(at), "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello");
}

TEST_F(ClientPool, SendsALengthOfZeroWhenAskedTo) {
  open();
  call c;
  client_request r = get();
  r.verb = method::post;
  r.verb_token = "POST";
  r.send_length = true;
  pool->start(r, c);
  auto at = accept();
  EXPECT_THAT(request_on(at), HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST_F(ClientPool, SendsABodyThatTheKernelDoesNotTakeAtOnce) {
  open();
  call c;
  std::string much;
  for (int i = 0; much.size() < (8U << 20); ++i) much += std::to_string(i) + ",";
  client_request r = get();
  r.verb_token = "PUT";
  r.body = much;
  pool->start(r, c);
  auto at = accept();
  std::string got;
  ASSERT_TRUE(until([&] {
    got += at.receive();
    return got.size() > much.size() && got.size() == got.find("\r\n\r\n") + 4 + much.size();
  }));
  EXPECT_TRUE(got.ends_with(much));
  at.send(ok);
  EXPECT_TRUE(until(c));
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPool, GivesHeadBodyAndEnd) {
  open();
  call c;
  answer(c, "HTTP/1.1 201 Created\r\nA: 1\r\nB: two\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(c.status, 201);
  EXPECT_EQ(c.fields, "A=1;B=two;Content-Length=5;");
  EXPECT_EQ(c.body, "hello");
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPool, TakesAChunkedBodyApart) {
  open();
  call c;
  answer(c,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n"
         "Trailer: 1\r\n\r\n");
  EXPECT_EQ(c.body, "abcdefg");
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPool, TakesABodyThatEndsWithTheConnection) {
  open();
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  at.send("HTTP/1.1 200 OK\r\n\r\nall that ");
  ASSERT_TRUE(until([&] { return c.body == "all that "; }));
  EXPECT_FALSE(c.done());
  at.send("comes");
  at.close();
  ASSERT_TRUE(until(c));
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(c.body, "all that comes");
  EXPECT_EQ(pool->connections(), 0U);
}

TEST_F(ClientPool, AnswersToHeadAnd204And304HaveNoBody) {
  for (const auto& [verb, token, bytes] :
       {std::tuple{method::head, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"},
        std::tuple{method::get, "GET", "HTTP/1.1 204 No Content\r\n\r\n"},
        std::tuple{method::get, "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"}}) {
    open();
    call c;
    client_request r = get();
    r.verb = verb;
    r.verb_token = token;
    answer(c, bytes, r);
    EXPECT_TRUE(c.ended) << bytes;
    EXPECT_EQ(c.body, "");
    EXPECT_EQ(pool->idle(), 1U) << bytes;
  }
}

TEST_F(ClientPool, ReadsAnAnswerThatComesByteByByte) {
  open();
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  for (const char& byte : std::string_view("HTTP/1.1 100 Continue\r\n\r\n"
                                           "HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: "
                                           "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")) {
    at.send({&byte, 1});
    l.run_once(1s);
  }
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.status, 200) << c.detail;
  EXPECT_EQ(c.fields, "A=1;Transfer-Encoding=chunked;");
  EXPECT_EQ(c.body, "abc");
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPool, SkipsInterimAnswers) {
  open();
  call c;
  answer(c,
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(c.status, 200);
  EXPECT_EQ(c.body, "ok");
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPool, EndlessInterimAnswersAreMalformed) {
  open();
  call c;
  std::string many;
  for (int i = 0; i < 9; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  answer(c, many);
  EXPECT_EQ(c.failure, client_error::malformed);
  EXPECT_EQ(pool->connections(), 0U);
}

TEST_F(ClientPool, ASwitchOfProtocolsThatNobodyAskedForIsMalformed) {
  open();
  call c;
  answer(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(c.failure, client_error::malformed);
  EXPECT_EQ(pool->connections(), 0U);
}

TEST_F(ClientPool, WhatIsNotHttpIsMalformedAndTheConnectionDropped) {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    open();
    call c;
    answer(c, bytes);
    EXPECT_EQ(c.failure, client_error::malformed) << bytes;
    EXPECT_EQ(pool->connections(), 0U) << bytes;
  }
}

TEST_F(ClientPool, ABodyThatBreaksOffIsTruncated) {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"}) {
    open();
    call c;
    start(c);
    auto at = accept();
    request_on(at);
    at.send(bytes);
    at.close();
    ASSERT_TRUE(until(c));
    EXPECT_EQ(c.status, 200);
    EXPECT_EQ(c.failure, client_error::truncated) << bytes;
    EXPECT_EQ(pool->connections(), 0U);
  }
}

TEST_F(ClientPool, AResetWithinABodyUntilCloseIsNoEnd) {
  open();
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  at.send("HTTP/1.1 200 OK\r\n\r\nhalf");
  ASSERT_TRUE(until([&] { return c.body == "half"; }));
  at.reset();
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::truncated);
}

TEST_F(ClientPool, AnEndWithinTheHeadIsAReset) {
  open();
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  at.send("HTTP/1.1 200 OK\r\nA:");
  at.close();
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::reset);
}

TEST_F(ClientPool, AHeadOverItsLimitIsTooLarge) {
  client_limits limits;
  limits.head_bytes = 1000;
  limits.head_fields = 5;
  for (const std::string& bytes :
       {"HTTP/1.1 200 OK\r\nA: " + std::string(2000, 'x') + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: " + std::string(2000, 'x'),
        std::string("HTTP/1.1 200 OK\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n\r\n")}) {
    open(limits);
    call c;
    answer(c, bytes);
    EXPECT_EQ(c.failure, client_error::too_large) << bytes.substr(0, 50);
    EXPECT_EQ(pool->connections(), 0U);
  }
}

TEST_F(ClientPool, AHeadThatFillsTheBufferIsTooLarge) {
  open();
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  at.send("HTTP/1.1 200 OK\r\nA: " + std::string(70000, 'x'));
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::too_large);
}

TEST_F(ClientPool, PausedItReadsNoMoreThanABufferAndResumesWhereItStopped) {
  open();
  call c;
  client_exchange& x = start(c);
  c.at_head = [&] { x.pause(); };
  auto at = accept();
  request_on(at);
  std::string much;
  for (int i = 0; much.size() < (16U << 20); ++i) much += std::to_string(i) + ",";
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(much.size()) + "\r\n\r\n" + much;
  std::size_t sent = 0;
  const auto pour = [&] {
    while (sent < bytes.size()) {
      const ssize_t n =
          ::send(at.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  };
  for (int i = 0; i < 20; ++i) {
    pour();
    l.run_once(1ms);
  }
  EXPECT_EQ(c.status, 200);
  EXPECT_EQ(c.body, "");
  EXPECT_LT(sent, bytes.size());  // the service feels it
  c.at_body = [&] { x.pause(); };
  x.resume();
  EXPECT_EQ(c.body, "");
  ASSERT_TRUE(until([&] { return !c.body.empty(); }));
  const std::size_t once = c.body.size();
  test::run_a_little(l);
  EXPECT_EQ(c.body.size(), once);
  c.at_body = nullptr;
  x.resume();
  ASSERT_TRUE(until([&] {
    pour();
    return c.done();
  }));
  EXPECT_TRUE(c.body == much);
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(ClientPool, PausedAtTheHeadEvenTheEndWaits) {
  open();
  call c;
  client_exchange& x = start(c);
  c.at_head = [&] { x.pause(); };
  auto at = accept();
  request_on(at);
  at.send("HTTP/1.1 204 No Content\r\n\r\n");
  at.close();
  ASSERT_TRUE(until([&] { return c.status == 204; }));
  test::run_a_little(l);
  EXPECT_FALSE(c.done());
  x.resume();
  ASSERT_TRUE(until(c));
  EXPECT_TRUE(c.ended);
}

TEST_F(ClientPool, CancelClosesTheConnectionAndIsTheLastOfIt) {
  open();
  call c;
  client_exchange& x = start(c);
  auto at = accept();
  request_on(at);
  x.cancel();
  EXPECT_EQ(pool->connections(), 0U);
  EXPECT_TRUE(closed(at));
  EXPECT_FALSE(c.done());
}

TEST_F(ClientPool, MayBeCancelledFromWithinAnyCall) {
  for (const bool at_head : {true, false}) {
    open();
    call c;
    client_exchange& x = start(c);
    (at_head ? c.at_head : c.at_body) = [&] { x.cancel(); };
    auto at = accept();
    request_on(at);
    at.send(ok);
    EXPECT_TRUE(closed(at));
    EXPECT_FALSE(c.done());
    EXPECT_EQ(pool->connections(), 0U);
  }
}

TEST_F(ClientPool, TakesAnAnswerOfManyMegabytes) {
  open();
  call c;
  start(c);
  auto at = accept();
  request_on(at);
  std::string much;
  for (int i = 0; much.size() < (16U << 20); ++i) much += std::to_string(i) + ",";
  std::size_t sent = 0;
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(much.size()) + "\r\n\r\n" + much;
  ASSERT_TRUE(until([&] {
    const ssize_t n =
        ::send(at.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) sent += static_cast<std::size_t>(n);
    return c.done();
  }));
  EXPECT_TRUE(c.body == much);
}

}  // namespace
}  // namespace weir::http
