#include <gmock/gmock.h>

#include <string>

#include "unit/http/client_support.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

client_request upload(std::optional<std::uint64_t> length = std::nullopt) {
  client_request r;
  r.verb = method::post;
  r.verb_token = "POST";
  r.target = "/";
  r.authority = "shop";
  r.streamed = true;
  r.streamed_length = length;
  return r;
}

struct StreamedRequest : ClientPool {
  std::string received(test::socket_fd& at, std::size_t bytes) {
    std::string got;
    EXPECT_TRUE(until([&] {
      got += at.receive();
      return got.size() >= bytes;
    })) << got;
    return got;
  }
};

constexpr std::string_view chunked_head =
    "POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(StreamedRequest, GoesOutInChunks) {
  open();
  call c;
  client_exchange& x = pool->start(upload(), c);
  x.write_body("abc");
  x.write_body("");
  x.write_body("0123456789abcdef");
  x.end_body();
  auto at = accept();
  const std::string expected =
      std::string(chunked_head) + "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
  EXPECT_EQ(received(at, expected.size()), expected);
  at.send(ok);
  ASSERT_TRUE(until(c));
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(StreamedRequest, OnAReusedConnectionGathersWhatOneBatchBrings) {
  open();
  auto at = rested();
  call c;
  client_exchange& x = pool->start(upload(), c);
  EXPECT_EQ(at.receive(), "");  // the head waits for company
  x.write_body("abc");
  x.write_body("de");
  l.run_once(0ms);
  EXPECT_EQ(at.receive(), std::string(chunked_head) + "3\r\nabc\r\n2\r\nde\r\n");
  EXPECT_EQ(c.writable, 1);
  x.end_body();
  l.run_once(0ms);
  EXPECT_EQ(at.receive(), "0\r\n\r\n");
}

TEST_F(StreamedRequest, WithAKnownLengthGoesOutAsItIs) {
  open();
  call c;
  client_exchange& x = pool->start(upload(5), c);
  x.write_body("he");
  auto at = accept();
  const std::string head = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(received(at, head.size() + 2), head + "he");
  x.write_body("llo, and more than was announced");
  x.end_body();
  EXPECT_EQ(received(at, 3), "llo");
  at.send(ok);
  ASSERT_TRUE(until(c));
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(StreamedRequest, ShorterThanAnnouncedItsConnectionIsNotUsedAgain) {
  open();
  call c;
  client_exchange& x = pool->start(upload(5), c);
  auto at = accept();
  x.write_body("he");
  x.end_body();
  request_on(at);
  at.send(ok);
  ASSERT_TRUE(until(c));
  EXPECT_EQ(pool->connections(), 0U);
}

TEST_F(StreamedRequest, FeelsAServiceThatReadsSlowly) {
  open();
  call c;
  client_exchange& x = pool->start(upload(), c);
  auto at = accept();
  request_on(at);
  const std::string piece(256 * 1024, 'x');
  std::size_t handed = 0;
  while (x.buffered() == 0 && handed < (64U << 20)) {
    x.write_body(piece);
    handed += piece.size();
  }
  ASSERT_GT(x.buffered(), 0U);
  EXPECT_LE(x.buffered(), piece.size() + 32);
  c.writable = 0;
  test::run_a_little(l);
  EXPECT_EQ(c.writable, 0);
  std::string got;
  ASSERT_TRUE(until([&] {
    got += at.receive();
    return c.writable > 0;
  }));
  EXPECT_EQ(x.buffered(), 0U);
  x.end_body();
  ASSERT_TRUE(until([&] {
    got += at.receive();
    return got.ends_with("\r\n0\r\n\r\n");
  }));
  at.send(ok);
  ASSERT_TRUE(until(c));
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(StreamedRequest, LargePiecesComeOutAsTheyWentIn) {
  open();
  call c;
  client_exchange& x = pool->start(upload(), c);
  auto at = accept();
  request_on(at);
  std::string much;
  for (int i = 0; much.size() < (4U << 20); ++i) much += std::to_string(i) + ",";
  for (std::size_t i = 0; i < much.size(); i += 100'000)
    x.write_body(std::string_view(much).substr(i, 100'000));
  x.end_body();
  std::string got;
  ASSERT_TRUE(until([&] {
    got += at.receive();
    return got.ends_with("\r\n0\r\n\r\n");
  }));
  std::string content;
  for (std::size_t i = 0;;) {
    const std::size_t size = std::stoul(got.substr(i, 16), nullptr, 16);
    if (size == 0) break;
    i = got.find("\r\n", i) + 2;
    content += got.substr(i, size);
    i += size + 2;
  }
  EXPECT_TRUE(content == much);
}

TEST_F(StreamedRequest, AnEarlyAnswerIsGivenAndEndsTheExchange) {
  open();
  call c;
  client_exchange& x = pool->start(upload(), c);
  auto at = accept();
  x.write_body("a beginning");
  request_on(at);
  at.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(until(c));
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(c.status, 413);
  EXPECT_EQ(pool->connections(), 0U);  // the service would take the next request for the rest
}

TEST_F(StreamedRequest, AnEarlyAnswerMayRunBesideTheUpload) {
  open();
  call c;
  client_exchange& x = pool->start(upload(), c);
  auto at = accept();
  x.write_body("ping");
  request_on(at);
  at.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n");
  ASSERT_TRUE(until([&] { return c.body == "pong"; }));
  x.write_body("ping again");
  x.end_body();
  EXPECT_THAT(received(at, 17), testing::HasSubstr("ping again"));
  at.send("0\r\n\r\n");
  ASSERT_TRUE(until(c));
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(StreamedRequest, AnAnswerIsReadEvenWhenTheUploadBreaks) {
  open();
  call c;
  client_exchange& x = pool->start(upload(), c);
  auto at = accept();
  request_on(at);
  at.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
  at.close();
  // Not yet read; the first write meets a reset, the second a broken pipe.
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 4; ++i) x.write_body(piece);
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.status, 503);
  EXPECT_EQ(c.body, "busy");
}

TEST_F(StreamedRequest, MayBeCancelledWhileItWaitsForTheKernel) {
  open();
  call c;
  client_exchange& x = pool->start(upload(), c);
  auto at = accept();
  request_on(at);
  const std::string piece(1 << 20, 'x');
  while (x.buffered() == 0) x.write_body(piece);
  x.cancel();
  EXPECT_TRUE(closed(at));
  EXPECT_FALSE(c.done());
}

TEST_F(StreamedRequest, MayBeCancelledWhenToldToGoOn) {
  open();
  auto at = rested();
  call c;
  client_exchange& x = pool->start(upload(), c);
  c.at_writable = [&] { x.cancel(); };
  x.write_body("abc");
  EXPECT_TRUE(closed(at));
  EXPECT_EQ(pool->connections(), 0U);
}

}  // namespace
}  // namespace weir::http
