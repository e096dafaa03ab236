#include "unit/http/server_support.hpp"

namespace weir::http {
namespace {

using test::body_of;
using test::count_of;
using test::keeping_sink;
using test::status_of;

class ServerBody : public test::server_test {
 protected:
  // Reads the body and answers with it.
  void echo(std::uint64_t limit = 1024 * 1024) {
    handle = [this, limit](server_exchange& x) {
      sink = {};
      sink.on_end = [this, &x] { x.respond(200, "", sink.body); };
      x.on_abort(delegate<void()>::ref(count_abort));
      x.read_body(sink, limit);
      EXPECT_TRUE(sink.body.empty()) << "not within the call";
    };
  }
  static std::string post(std::string_view body, std::string_view more = {}) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(more) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  static std::string chunked(std::string_view framed, std::string_view more = {}) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(more) +
           "Transfer-Encoding: chunked\r\n\r\n" + std::string(framed);
  }

  keeping_sink sink;
  int aborted = 0;
  std::function<void()> count_abort = [this] { ++aborted; };
};

TEST_F(ServerBody, ComesWhole) {
  serve();
  echo();
  auto c = connect();
  c->send(post("hello"));
  ASSERT_TRUE(until_got(*c, "hello"));
  c->take();
  c->send(chunked("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"));
  ASSERT_TRUE(until_got(*c, "abcde"));
  EXPECT_EQ(aborted, 0);
  EXPECT_EQ(sink.failed, -1);
  EXPECT_FALSE(c->closed());
}

TEST_F(ServerBody, ComesInPiecesAsTheyArriveAndLeavesTheNextRequest) {
  serve();
  echo();
  for (const auto& text :
       {post("hello, world"), chunked("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n")}) {
    auto c = connect();
    for (const char byte : text) {
      c->send({&byte, 1});
      turn(1);
    }
    c->send(post("next"));
    ASSERT_TRUE(until_got(*c, "next"));
    EXPECT_EQ(count_of(c->got, "hello, world"), 1U);
  }
}

TEST_F(ServerBody, IsAnEndAloneWhereThereIsNone) {
  serve();
  echo();
  auto c = connect();
  c->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until_got(*c, "\r\n\r\n"));
  EXPECT_TRUE(sink.ended);
  EXPECT_EQ(sink.body, "");
}

TEST_F(ServerBody, OfALargeUploadPassesThrough) {
  serve();
  echo(64 * 1024 * 1024);
  std::string body(3 * 1024 * 1024, 0);
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  const auto text = post(body);
  auto c = connect();
  std::size_t sent = 0;
  ASSERT_TRUE(until([&] {
    sent += c->send_some(std::string_view(text).substr(sent));
    c->poll();
    return c->got.size() > body.size();
  }));
  ASSERT_TRUE(until([&] {
    c->poll();
    return body_of(c->got).size() == body.size();
  }));
  EXPECT_TRUE(body_of(c->got) == body);
}

TEST_F(ServerBody, OverItsLimitIs413) {
  serve();
  echo(10);
  for (const auto& text : {post("0123456789a"), chunked("b\r\n0123456789a\r\n0\r\n\r\n"),
                           chunked("6\r\n012345\r\n5\r\n6789a\r\n0\r\n\r\n")}) {
    const int before = aborted;
    const auto got = ask(text);
    EXPECT_EQ(status_of(got), "413") << text;
    EXPECT_EQ(count_of(got, "Connection: close\r\n"), 1U);
    EXPECT_EQ(sink.failed, 413);
    EXPECT_FALSE(sink.ended);
    EXPECT_EQ(aborted, before + 1);
  }
  EXPECT_EQ(status_of(ask(post("0123456789", "Connection: close\r\n"))), "200");
}

TEST_F(ServerBody, OfBrokenFramingOrEndlessTrailersIs400) {
  serve();
  echo();
  EXPECT_EQ(status_of(ask(chunked("x\r\n"))), "400");
  EXPECT_EQ(sink.failed, 400);
  EXPECT_EQ(status_of(ask(chunked("1\r\nab\r\n"))), "400");
  EXPECT_EQ(status_of(ask(chunked("1\nx\n0\n\n"))), "400");
  EXPECT_EQ(status_of(ask(chunked("fffffffffffffffff\r\n"))), "400");
  EXPECT_EQ(status_of(ask(chunked("1;" + std::string(5000, 'e') + "\r\nx\r\n"))), "400");
  EXPECT_EQ(status_of(ask(chunked("0\r\nA: " + std::string(20000, 'b') + "\r\n\r\n"))), "400");
}

TEST_F(ServerBody, ThatBreaksAfterTheAnswerBeganResetsTheConnection) {
  serve();
  handle = [this](server_exchange& x) {
    x.on_abort(delegate<void()>::ref(count_abort));
    x.start(200, "", std::nullopt);
    x.write("begun");
    x.read_body(sink, 100);
  };
  auto c = connect();
  c->send(chunked("x\r\n"));
  ASSERT_TRUE(until_closed(*c));
  EXPECT_TRUE(c->was_reset);
  EXPECT_EQ(sink.failed, 400);
  EXPECT_EQ(aborted, 1);
}

TEST_F(ServerBody, ThatBreaksOffIsTheClientGone) {
  serve();
  echo();
  auto c = connect();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(until([&] { return sink.body == "half"; }));
  c->close();
  ASSERT_TRUE(until([&] { return aborted == 1; }));
  EXPECT_EQ(sink.failed, 499);
}

TEST_F(ServerBody, IsContinuedOnlyWhenItIsAskedFor) {
  serve();
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) { held = &x; };
  auto c = connect();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  ASSERT_TRUE(until([&] { return held != nullptr; }));
  turn(10);
  c->poll();
  EXPECT_EQ(c->got, "");
  sink.on_end = [&] { held->respond(200, "", sink.body); };
  held->read_body(sink, 100);
  ASSERT_TRUE(until_got(*c, "HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_EQ(c->take(), "HTTP/1.1 100 Continue\r\n\r\n");
  c->send("hello");
  ASSERT_TRUE(until_got(*c, "hello"));
  EXPECT_EQ(status_of(c->got), "200");
  EXPECT_EQ(c->got.find("Connection"), std::string::npos);
}

TEST_F(ServerBody, RefusedToAClientThatWaitsGetsTheFinalStatusAloneAndACLose) {
  serve();
  handle = [](server_exchange& x) { x.respond(403, "", "no"); };
  const auto got =
      ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(status_of(got), "403");
  EXPECT_EQ(count_of(got, "HTTP/1.1"), 1U);
  EXPECT_EQ(count_of(got, "Connection: close\r\n"), 1U);
}

TEST_F(ServerBody, OverTheLimitIsRefusedBeforeItIsContinued) {
  serve();
  echo(4);
  const auto got =
      ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(status_of(got), "413");
  EXPECT_EQ(count_of(got, "HTTP/1.1"), 1U);
}

TEST_F(ServerBody, ThatNobodyWantsIsSkippedWhenItIsSmall) {
  serve();
  for (const auto& text :
       {post("unwanted"), chunked("8\r\nunwanted\r\n0\r\n\r\n"), post(std::string(60000, 'x'))}) {
    auto c = connect();
    c->send(text).send("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(until_closed(*c));
    EXPECT_FALSE(c->was_reset);
    EXPECT_EQ(count_of(c->got, "HTTP/1.1 200 OK"), 2U) << text.substr(0, 80);
    EXPECT_EQ(targets.back(), "/next");
  }
}

TEST_F(ServerBody, ThatNobodyWantsIsSkippedAlsoWhenItComesLater) {
  serve();
  const auto text = post("unwanted") + "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  auto c = connect();
  for (const char byte : text) {
    c->send({&byte, 1});
    turn(1);
  }
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(count_of(c->got, "HTTP/1.1 200 OK"), 2U);
}

TEST_F(ServerBody, ThatNobodyWantsAndIsLargeEndsTheConnectionButNotTheAnswer) {
  serve();
  const std::string answer(200000, 'a');
  handle = [&](server_exchange& x) { x.respond(200, "", answer); };
  std::string endless = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (const auto& text : {post(std::string(1 << 20, 'x')), chunked(endless + endless + endless)}) {
    auto c = connect();
    std::size_t sent = 0;
    ASSERT_TRUE(until([&] {
      if (sent < text.size()) sent += c->send_some(std::string_view(text).substr(sent));
      c->poll();
      return c->closed();
    }));
    EXPECT_FALSE(c->was_reset);
    EXPECT_EQ(body_of(c->got).size(), answer.size());
  }
}

TEST_F(ServerBody, PausedPushesBackOnTheClientAndGoesOnWhenResumed) {
  serve();
  server_exchange* held = nullptr;
  sink.on_piece = [&] { held->pause_body(); };
  sink.on_end = [&] { held->respond(200, "", "done"); };
  handle = [&](server_exchange& x) {
    held = &x;
    x.read_body(sink, 100 << 20);
  };
  const std::string text = post(std::string(30 << 20, 'x'));
  auto c = connect();
  std::size_t sent = 0;
  const auto push = [&] {
    if (sent < text.size()) sent += c->send_some(std::string_view(text).substr(sent));
  };
  for (int i = 0; i < 50; ++i) {
    push();
    turn(1);
  }
  const auto stuck = sent;
  EXPECT_LT(stuck, text.size());
  EXPECT_LE(sink.body.size(), 64U * 1024);
  sink.on_piece = nullptr;
  held->resume_body();
  ASSERT_TRUE(until([&] {
    push();
    c->poll();
    return c->got.find("done") != std::string::npos;
  }));
  EXPECT_EQ(sink.body.size(), 30U << 20);
}

TEST_F(ServerBody, MayBeReadWhileTheAnswerStreams) {
  serve();
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) {
    held = &x;
    x.start(200, "", std::nullopt);
    x.read_body(sink, 100 << 20);
  };
  sink.on_piece = [&] { held->write(std::exchange(sink.body, {})); };
  sink.on_end = [&] { held->finish(); };
  auto c = connect();
  c->send(chunked("3\r\none\r\n"));
  ASSERT_TRUE(until_got(*c, "3\r\none\r\n"));
  c->send("3\r\ntwo\r\n0\r\n\r\n");
  ASSERT_TRUE(until_got(*c, "3\r\ntwo\r\n0\r\n\r\n"));
  EXPECT_EQ(c->got.find("Connection"), std::string::npos);
  c->send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  handle = nullptr;
  ASSERT_TRUE(until_closed(*c));
  EXPECT_TRUE(c->got.ends_with("ok"));
}

TEST_F(ServerBody, AnsweredBeforeItEndedDoesNotDisturbTheNextRequest) {
  serve();
  server_exchange* held = nullptr;
  sink.on_piece = [&] {
    if (held != nullptr) std::exchange(held, nullptr)->respond(200, "", "early");
  };
  handle = [&](server_exchange& x) {
    held = &x;
    x.read_body(sink, 1000);
  };
  auto c = connect();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
  ASSERT_TRUE(until_got(*c, "early"));
  handle = nullptr;
  c->send("rest").send("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(targets.back(), "/next");
  EXPECT_EQ(sink.body, "half");
}

TEST_F(ServerBody, IsNotSlowWhileItsClientIsWaitedForToTakeTheAnswer) {
  serve({.limits = {.body_timeout = std::chrono::milliseconds(50), .body_least_rate = 0}});
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) {
    held = &x;
    x.read_body(sink, 1000);
  };
  auto c = connect();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(until([&] { return sink.body == "abc"; }));
  turn();
  held->start(200, "", std::nullopt);
  held->write(std::string(24 << 20, 'x'));  // more than the kernel holds
  c->send("defghij");
  const time_point later = now() + std::chrono::milliseconds(150);
  ASSERT_TRUE(until([&] { return now() > later; }));
  EXPECT_EQ(sink.failed, -1);
  ASSERT_TRUE(until([&] {
    c->poll();
    return c->closed() || sink.ended;
  }));
  EXPECT_EQ(sink.body, "abcdefghij");
  if (sink.ended) held->finish();
  EXPECT_TRUE(until_got(*c, "\r\n0\r\n\r\n"));
}

TEST_F(ServerBody, AnAnswerGoesOutWholeThoughTheRestOfTheBodyNeverComes) {
  serve({.limits = {.body_timeout = std::chrono::milliseconds(50), .body_least_rate = 0}});
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) {
    held = &x;
    x.read_body(sink, 1000);
  };
  auto c = connect();
  c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(until([&] { return sink.body == "abc"; }));
  turn();
  const std::string large(24 << 20, 'x');  // more than the kernel holds
  held->respond(200, "", large);
  const time_point later = now() + std::chrono::milliseconds(150);
  ASSERT_TRUE(until([&] { return now() > later; }));
  ASSERT_TRUE(until([&] {
    c->poll();
    return c->closed() || c->got.size() > large.size();
  }));
  EXPECT_EQ(body_of(c->got).size(), large.size());
  EXPECT_TRUE(until_closed(*c)) << "the rest of the body would be taken for a request";
}

}  // namespace
}  // namespace weir::http
