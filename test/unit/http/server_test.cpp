#include "weir/http/server.hpp"

#include "unit/http/server_support.hpp"
#include "weir/io/buffer_pool.hpp"

namespace weir::http {
namespace {

using test::body_of;
using test::count_of;
using test::get;
using test::status_of;
using Server = test::server_test;

constexpr std::string_view get_and_close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

TEST_F(Server, AnswersInOneWriteWithLengthAndDate) {
  serve({.server_name = "weir"});
  handle = [](server_exchange& x) { x.respond(200, "X-Mine: yes\r\n", "hello"); };
  auto c = connect();
  c->send(get);
  ASSERT_TRUE(until_got(*c, "hello"));
  EXPECT_EQ(c->pieces, 1);
  EXPECT_TRUE(c->got.starts_with("HTTP/1.1 200 OK\r\nX-Mine: yes\r\nContent-Length: 5\r\nDate: "))
      << c->got;
  EXPECT_TRUE(c->got.ends_with(" GMT\r\nServer: weir\r\n\r\nhello")) << c->got;
  EXPECT_EQ(c->got.find("Connection"), std::string::npos);
}

TEST_F(Server, ShowsTheHandlerTheRequestAndItsClient) {
  serve();
  bool seen = false;
  handle = [&](server_exchange& x) {
    seen = true;
    EXPECT_EQ(x.head().path, "/a");
    EXPECT_EQ(x.head().query, "b=c");
    EXPECT_EQ(x.head().host, "shop");
    EXPECT_EQ(x.head().fields.find("accept"), "x");
    EXPECT_EQ(x.peer().ip(), "127.0.0.1");
    EXPECT_EQ(&x.loop(), &loop);
    EXPECT_EQ(x.received(), loop.now());
    EXPECT_FALSE(x.answered());
    x.respond(200, "", "");
  };
  auto c = connect();
  c->send("GET /a?b=c HTTP/1.1\r\nHost: shop\r\nAccept: x\r\n\r\n");
  ASSERT_TRUE(until_got(*c, "\r\n\r\n"));
  EXPECT_TRUE(seen);
}

TEST_F(Server, KeepsTheConnectionForFurtherRequests) {
  serve();
  auto c = connect();
  for (int i = 0; i < 5; ++i) {
    c->send(get);
    ASSERT_TRUE(until_got(*c, "\r\n\r\nok"));
    EXPECT_EQ(c->take().find("Connection:"), std::string::npos);
  }
  EXPECT_EQ(srv->connections(), 1U);
  EXPECT_FALSE(c->closed());
}

TEST_F(Server, TakesARequestThatComesByteByByte) {
  serve();
  auto c = connect();
  for (const char byte : get) {
    EXPECT_TRUE(c->got.empty());
    c->send({&byte, 1});
    turn(2);
    c->poll();
  }
  ASSERT_TRUE(until_got(*c, "\r\n\r\nok"));
}

TEST_F(Server, ClosesWhenTheClientAsks) {
  serve();
  const auto answer = ask(get_and_close);
  EXPECT_EQ(count_of(answer, "Connection: close\r\n"), 1U);
  EXPECT_TRUE(until([&] { return srv->connections() == 0; }));
}

TEST_F(Server, ClosesBehindHttp10UnlessAskedToStay) {
  serve();
  EXPECT_EQ(count_of(ask("GET / HTTP/1.0\r\n\r\n"), "Connection: close\r\n"), 1U);
  auto c = connect();
  c->send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(until_got(*c, "ok"));
  EXPECT_EQ(count_of(c->take(), "Connection: keep-alive\r\n"), 1U);
  c->send("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(until_closed(*c));
}

TEST_F(Server, ClosesWhenTheHandlerWantsIt) {
  serve();
  handle = [](server_exchange& x) {
    x.close_after();
    x.respond(200, "", "bye");
  };
  EXPECT_EQ(count_of(ask(get), "Connection: close\r\n"), 1U);
}

TEST_F(Server, SendsNoBodyForHeadAndForStatusesWithout) {
  serve();
  int status = 200;
  handle = [&](server_exchange& x) { x.respond(status, "", "12345"); };
  const auto head = ask("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count_of(head, "Content-Length: 5\r\n"), 1U);
  EXPECT_EQ(body_of(head), "");
  for (const int without : {204, 304}) {
    status = without;
    const auto answer = ask(get_and_close);
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
    EXPECT_EQ(body_of(answer), "");
  }
}

TEST_F(Server, AnswersPipelinedRequestsInOrderWithoutRecursion) {
  serve();
  handle = [](server_exchange& x) { x.respond(200, "", x.head().target); };
  std::string requests;
  for (int i = 0; i < 1000; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  auto c = connect();
  c->send(requests);
  ASSERT_TRUE(until_got(*c, "\r\n\r\n/999"));
  EXPECT_EQ(deepest, 1);
  ASSERT_EQ(targets.size(), 1000U);
  std::size_t place = 0;
  for (int i = 0; i < 1000; ++i) {
    place = c->got.find("\r\n\r\n/" + std::to_string(i), place);
    ASSERT_NE(place, std::string::npos) << i;
  }
  // Gathered, not a thousand segments.
  EXPECT_LT(c->pieces, 100);
}

TEST_F(Server, LetsPipelinedRequestsWaitForTheAnswerBefore) {
  serve();
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) {
    EXPECT_EQ(held, nullptr);
    held = &x;
  };
  auto c = connect();
  c->send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const auto* body : {"one", "two"}) {
    ASSERT_TRUE(until([&] { return held != nullptr; }));
    turn();
    EXPECT_EQ(srv->active_exchanges(), 1U);
    EXPECT_EQ(held->head().target, std::string_view(body) == "one" ? "/1" : "/2");
    auto* const x = std::exchange(held, nullptr);
    x->respond(200, "", body);
    EXPECT_EQ(held, nullptr) << "the next request must not come inside respond()";
  }
  ASSERT_TRUE(until_got(*c, "two"));
  EXPECT_LT(c->got.find("one"), c->got.find("two"));
}

TEST_F(Server, PushesBackOnAClientThatPipelinesWithoutReading) {
  serve();
  const std::string body(8000, 'x');
  handle = [&](server_exchange& x) { x.respond(200, "", body); };
  auto c = connect(4096);
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += get;
  std::size_t sent = 0;
  for (int i = 0; i < 200; ++i) {
    sent += c->send_some(std::string_view(requests).substr(sent));
    turn(1);
  }
  EXPECT_LT(targets.size(), 2000U);
  // It goes on as soon as the client reads.
  EXPECT_TRUE(until([&] {
    sent += c->send_some(std::string_view(requests).substr(sent));
    c->poll();
    return targets.size() == 2000;
  }));
}

TEST_F(Server, GivesBuffersBackWhenAConnectionIsIdle) {
  serve();
  auto c = connect();
  c->send(get);
  ASSERT_TRUE(until_got(*c, "ok"));
  turn();
  const auto kept = loop.buffers().kept();
  handle = [&](server_exchange& x) {
    EXPECT_EQ(loop.buffers().kept(), kept - 1);
    x.respond(200, "", "again");
  };
  c->send(get);
  ASSERT_TRUE(until_got(*c, "again"));
  EXPECT_EQ(loop.buffers().kept(), kept);
}

struct rejection {
  const char* request;
  const char* status;
};

TEST_F(Server, RefusesWhatIsMalformedAndCloses) {
  serve();
  const rejection rows[] = {
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"GET /\r\n", "400"},
      {"\x16\x03\x01", "400"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", "417"},
  };
  for (const auto& row : rows) {
    auto c = connect();
    c->send(row.request).send("and more that nobody reads");
    c->half_close();
    ASSERT_TRUE(until_closed(*c)) << row.request;
    EXPECT_FALSE(c->was_reset) << row.request;
    EXPECT_EQ(status_of(c->got), row.status) << row.request << c->got;
    EXPECT_EQ(count_of(c->got, "Connection: close\r\n"), 1U);
    EXPECT_FALSE(body_of(c->got).empty());
    EXPECT_EQ(count_of(c->got, "Allow: GET, "), std::string_view(row.status) == "405" ? 1U : 0U);
  }
  EXPECT_TRUE(targets.empty());
}

TEST_F(Server, AnswersWhatCameSoundBeforeWhatIsMalformed) {
  serve();
  const auto got = ask(std::string(get) + "GARBAGE\r\n");
  EXPECT_EQ(status_of(got), "200");
  EXPECT_EQ(count_of(got, "HTTP/1.1 400 "), 1U);
}

TEST_F(Server, GivesItsOwnErrorsTheBodyOfTheRenderer) {
  struct : server_observer {
    void on_rejected(int status, std::string_view detail, const io::address& from) override {
      seen.push_back(std::to_string(status) + " " + std::string(detail) + " " + from.ip());
    }
    std::vector<std::string> seen;
  } observer;
  serve({.errors = [](int status, std::string_view detail) -> error_body {
           return {"application/problem+json", "{\"status\":" + std::to_string(status) +
                                                   ",\"detail\":\"" + std::string(detail) + "\"}"};
         },
         .observer = &observer});
  const auto got = ask("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(count_of(got, "Content-Type: application/problem+json\r\n"), 1U);
  EXPECT_EQ(body_of(got), R"({"status":400,"detail":"there is no Host"})");
  EXPECT_EQ(observer.seen, (std::vector<std::string>{"400 there is no Host 127.0.0.1"}));
}

TEST_F(Server, TellsTheHandlerWhenTheClientGoes) {
  serve();
  for (const bool reset : {false, true}) {
    server_exchange* held = nullptr;
    int aborted = 0;
    const auto count = [&] { ++aborted; };
    handle = [&](server_exchange& x) {
      held = &x;
      x.on_abort(delegate<void()>::ref(count));
    };
    auto c = connect();
    c->send(get);
    ASSERT_TRUE(until([&] { return held != nullptr; }));
    EXPECT_EQ(srv->active_exchanges(), 1U);
    reset ? c->reset() : c->close();
    ASSERT_TRUE(until([&] { return aborted == 1; }));
    ASSERT_TRUE(until([&] { return srv->connections() == 0; }));
    EXPECT_EQ(srv->active_exchanges(), 0U);
    EXPECT_EQ(aborted, 1);
  }
}

TEST_F(Server, CountsAClientThatShutItsSideAsGoneUnlessRequestsOfItWait) {
  serve();
  server_exchange* held = nullptr;
  int aborted = 0;
  const auto count = [&] { ++aborted; };
  handle = [&](server_exchange& x) {
    held = &x;
    x.on_abort(delegate<void()>::ref(count));
  };
  auto c = connect();
  c->send(get).send(get);
  c->half_close();
  ASSERT_TRUE(until([&] { return held != nullptr; }));
  turn();
  EXPECT_EQ(aborted, 0);
  std::exchange(held, nullptr)->respond(200, "", "first");
  ASSERT_TRUE(until([&] { return aborted == 1; }));
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(count_of(c->got, "first"), 1U);
}

TEST_F(Server, SendsWhatABatchAnswersAtItsEnd) {
  serve();
  auto c = connect();
  server_exchange* const held = held_request(*c);
  ASSERT_TRUE(held);
  held->respond(200, "", "later");
  c->poll();
  EXPECT_EQ(c->got, "");
  turn(1);
  c->poll();
  EXPECT_EQ(body_of(c->got), "later");
}

TEST_F(Server, AnswersAtOnceAClientThatShutItsSide) {
  serve();
  auto c = connect();
  c->send(get);
  c->half_close();
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(body_of(c->got), "ok");
}

TEST_F(Server, LetsAHandlerWithoutAnAbortCallEndInItsOwnTime) {
  serve();
  auto c = connect();
  server_exchange* const held = held_request(*c);
  ASSERT_TRUE(held);
  c->reset();
  turn(20);
  EXPECT_EQ(held->head().target, "/");
  held->respond(200, "", "late");
  EXPECT_TRUE(until([&] { return srv->connections() == 0; }));
}

TEST_F(Server, TellsAHandlerThatAsksAfterTheClientHasGone) {
  serve();
  auto c = connect();
  server_exchange* const held = held_request(*c);
  ASSERT_TRUE(held);
  c->reset();
  turn(20);
  bool aborted = false;
  const auto note = [&] { aborted = true; };
  held->on_abort(delegate<void()>::ref(note));
  EXPECT_FALSE(aborted) << "not within the call";
  EXPECT_TRUE(until([&] { return aborted; }));
  EXPECT_TRUE(until([&] { return srv->connections() == 0; }));
}

TEST_F(Server, TellsRunningHandlersWhenItIsDestroyed) {
  serve();
  bool aborted = false;
  const auto note = [&] { aborted = true; };
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) {
    held = &x;
    x.on_abort(delegate<void()>::ref(note));
  };
  auto c = connect();
  c->send(get);
  ASSERT_TRUE(until([&] { return held != nullptr; }));
  srv.reset();
  EXPECT_TRUE(aborted);
  turn();
}

}  // namespace
}  // namespace weir::http
