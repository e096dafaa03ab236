#include "unit/http/server_support.hpp"

namespace weir::http {
namespace {

using test::body_of;
using test::count_of;
using test::get;

class ServerStream : public test::server_test {
 protected:
  // Serves and keeps the exchange of one request of a new client.
  std::unique_ptr<test::raw_client> hold(std::string_view request = get, int receive_buffer = 0) {
    held = nullptr;
    handle = [this](server_exchange& x) {
      held = &x;
      x.on_abort(delegate<void()>::ref(count_abort));
    };
    auto c = connect(receive_buffer);
    c->send(request);
    EXPECT_TRUE(until([&] { return held != nullptr; }));
    return c;
  }

  server_exchange* held = nullptr;
  int aborted = 0;
  std::function<void()> count_abort = [this] { ++aborted; };
};

TEST_F(ServerStream, IsChunkedWhereItsLengthIsUnknown) {
  serve();
  auto c = hold();
  held->start(200, "X: y\r\n", std::nullopt);
  EXPECT_TRUE(held->answered());
  held->write("hello");
  held->write("");
  held->write(", world");
  held->finish();
  ASSERT_TRUE(until_got(*c, "0\r\n\r\n"));
  EXPECT_EQ(c->pieces, 1) << "gathered into one write";
  EXPECT_EQ(count_of(c->got, "Transfer-Encoding: chunked\r\n"), 1U);
  EXPECT_EQ(count_of(c->got, "Content-Length"), 0U);
  EXPECT_EQ(body_of(c->got), "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n");
  c->take();
  handle = nullptr;
  c->send(get);
  ASSERT_TRUE(until_got(*c, "ok"));
}

TEST_F(ServerStream, IsFramedByItsLengthWhereThatIsKnown) {
  serve();
  auto c = hold();
  held->start(200, "", 12);
  held->write("hello");
  held->write(", world");
  held->finish();
  ASSERT_TRUE(until_got(*c, "world"));
  EXPECT_EQ(count_of(c->got, "Content-Length: 12\r\n"), 1U);
  EXPECT_EQ(body_of(c->got), "hello, world");
  EXPECT_EQ(c->pieces, 1);
}

TEST_F(ServerStream, EndsWithTheConnectionForHttp10) {
  serve();
  auto c = hold("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  held->start(200, "", std::nullopt);
  held->write("hello");
  held->finish();
  ASSERT_TRUE(until_closed(*c));
  EXPECT_FALSE(c->was_reset);
  EXPECT_EQ(count_of(c->got, "Connection: close\r\n"), 1U);
  EXPECT_EQ(count_of(c->got, "chunked"), 0U);
  EXPECT_EQ(body_of(c->got), "hello");
}

TEST_F(ServerStream, SendsNoBodyToHead) {
  serve();
  auto c = hold("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  held->start(200, "", 5);
  held->write("hello");
  held->finish();
  ASSERT_TRUE(until_got(*c, "\r\n\r\n"));
  EXPECT_EQ(body_of(c->got), "");
  c->take();
  handle = nullptr;
  c->send(get);
  ASSERT_TRUE(until_got(*c, "ok"));
}

TEST_F(ServerStream, SendsTheHeadAndEachPieceWithoutWaitingForMore) {
  serve();
  auto c = hold();
  held->start(200, "Content-Type: text/event-stream\r\n", std::nullopt);
  ASSERT_TRUE(until_got(*c, "\r\n\r\n"));
  for (const auto* event : {"data: 1\n\n", "data: 2\n\n"}) {
    held->write(event);
    ASSERT_TRUE(until_got(*c, event));
  }
  c->close();
  ASSERT_TRUE(until([&] { return aborted == 1; }));
}

TEST_F(ServerStream, HoldsBackWhatAClientDoesNotReadAndSaysWhenItIsGone) {
  serve();
  auto c = hold(get, 4096);
  int drained = 0;
  const auto count = [&] { ++drained; };
  held->on_drained(delegate<void()>::ref(count));
  held->start(200, "", std::nullopt);
  const std::string piece(16 * 1024, 'x');
  std::size_t written = 0;
  while (held->buffered() <= 64 * 1024 && written < (64U << 20)) {
    held->write(piece);
    written += piece.size();
  }
  ASSERT_GT(held->buffered(), 64U * 1024);
  turn();
  EXPECT_EQ(drained, 0);
  ASSERT_TRUE(until([&] {
    c->poll();
    return drained == 1;
  }));
  EXPECT_EQ(held->buffered(), 0U);
  EXPECT_GE(held->bytes_sent(), written);
  held->finish();
  ASSERT_TRUE(until_got(*c, "\r\n0\r\n\r\n"));
  EXPECT_EQ(count_of(c->got, "x"), written);
}

// The client reads just when the writes of a batch are being gathered: what it makes room for must
// be told of, or whoever waits for it waits for ever.
TEST_F(ServerStream, DefectRoomThatCameWithinTheBatchWasNeverToldOf) {
  serve();
  auto c = hold(get, 256 * 1024);
  int drained = 0;
  const auto count = [&] { ++drained; };
  held->on_drained(delegate<void()>::ref(count));
  loop.post([&] {
    held->start(200, "", std::nullopt);
    const std::string piece(16 * 1024, 'x');
    for (int n = 0; held->buffered() <= 64 * 1024 && n < 4096; ++n) held->write(piece);
    EXPECT_GT(held->buffered(), 64U * 1024);
    // All that the kernel holds: it hands over more with each read.
    const std::uint64_t on_its_way = held->bytes_sent() - held->buffered();
    for (int n = 0; c->got.size() < on_its_way && n < 1'000'000; ++n) c->poll();
    EXPECT_GE(c->got.size(), on_its_way);
  });
  ASSERT_TRUE(until([&] { return drained == 1; }));
  EXPECT_EQ(held->buffered(), 0U);
  held->finish();
}

TEST_F(ServerStream, FinishedWhileTheClientReadsSlowlyStillArrivesWhole) {
  serve();
  auto c = hold("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 4096);
  const std::string body(8 << 20, 'x');
  held->respond(200, "", body);
  EXPECT_EQ(srv->active_exchanges(), 0U);
  ASSERT_TRUE(until_closed(*c));
  EXPECT_FALSE(c->was_reset);
  EXPECT_TRUE(body_of(c->got) == body);
}

TEST_F(ServerStream, AbortedIsAResetAndNeverACleanEnd) {
  serve();
  for (const bool with_length : {false, true}) {
    auto c = hold();
    held->start(200, "", with_length ? std::optional<std::uint64_t>(100) : std::nullopt);
    held->write("part");
    ASSERT_TRUE(until_got(*c, "part"));
    held->abort();
    ASSERT_TRUE(until_closed(*c));
    EXPECT_TRUE(c->was_reset);
    EXPECT_EQ(c->got.find("0\r\n\r\n"), std::string::npos);
  }
  EXPECT_EQ(aborted, 0) << "the handler ended it itself";
  ASSERT_TRUE(until([&] { return srv->connections() == 0; }));
}

TEST_F(ServerStream, ShorterThanAnnouncedIsAReset) {
  serve();
  auto c = hold();
  held->start(200, "", 100);
  held->write("part");
  held->finish();
  ASSERT_TRUE(until_closed(*c));
  EXPECT_TRUE(c->was_reset);
}

TEST_F(ServerStream, LongerThanAnnouncedIsAReset) {
  serve();
  auto c = hold();
  held->start(200, "", 4);
  held->write("four");
  held->write("five");
  ASSERT_TRUE(until([&] { return aborted == 1; }));
  ASSERT_TRUE(until_closed(*c));
  EXPECT_TRUE(c->was_reset);
  EXPECT_EQ(c->got.find("five"), std::string::npos);
}

TEST_F(ServerStream, ToAClientThatHasGoneIsToldAtTheEndOfTheBatch) {
  serve();
  auto c = hold();
  held->start(200, "", std::nullopt);
  const std::string piece(64 * 1024, 'x');
  c->reset();
  // The first write may still find room in the kernel; none of them calls back.
  for (int i = 0; i < 50; ++i) {
    held->write(piece);
    ASSERT_EQ(aborted, 0);
  }
  ASSERT_TRUE(until([&] { return aborted == 1; }));
  ASSERT_TRUE(until([&] { return srv->connections() == 0; }));
}

// One of them takes the string that both have room for; the other's short pieces live in its own.
TEST_F(ServerStream, KeepsTheShortPiecesOfSeveralStreamsWhole) {
  serve();
  auto one = hold();
  server_exchange* const first = held;
  first->start(200, "", std::nullopt);
  ASSERT_TRUE(until_got(*one, "\r\n\r\n"));
  auto other = hold();
  server_exchange* const second = held;
  second->start(200, "", std::nullopt);
  ASSERT_TRUE(until_got(*other, "\r\n\r\n"));
  for (int round = 0; round < 2; ++round) {
    first->write("a");
    second->write("b");
    turn();
  }
  first->finish();
  second->finish();
  ASSERT_TRUE(until_got(*one, "0\r\n\r\n"));
  ASSERT_TRUE(until_got(*other, "0\r\n\r\n"));
  EXPECT_EQ(body_of(one->got), "1\r\na\r\n1\r\na\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(other->got), "1\r\nb\r\n1\r\nb\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace weir::http
