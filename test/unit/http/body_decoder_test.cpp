#include "weir/http/body_decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace weir::http {
namespace {

struct decoded {
  std::string body;
  int status = 0;
  bool done = false;
  std::size_t consumed = 0;
};

decoded run(body_decoder decoder, std::string_view input, std::size_t piece = 0) {
  decoded result;
  while (!result.done && result.status == 0) {
    auto part = input.substr(result.consumed, piece == 0 ? input.size() : piece);
    if (part.empty()) {
      result.done = decoder.done();
      break;
    }
    while (!part.empty() && !result.done && result.status == 0) {
      const auto step = decoder.decode(part);
      if (step.state == body_decoder::outcome::data) result.body += step.data;
      if (step.state == body_decoder::outcome::error) result.status = step.status;
      result.consumed += step.consumed;
      part.remove_prefix(step.consumed);
      result.done = decoder.done();
    }
  }
  return result;
}

TEST(BodyDecoder, IsDoneAtOnceWithoutABody) {
  body_decoder none;
  EXPECT_TRUE(none.done());
  EXPECT_EQ(none.decode("GET").state, body_decoder::outcome::done);
  EXPECT_EQ(none.decode("GET").consumed, 0U);
  EXPECT_TRUE(body_decoder::of_length(0).done());
}

TEST(BodyDecoder, GivesExactlyTheLengthAndLeavesTheRest) {
  for (const std::size_t piece : {0, 1, 2, 3}) {
    const auto r = run(body_decoder::of_length(5), "helloGET /", piece);
    EXPECT_EQ(r.body, "hello");
    EXPECT_TRUE(r.done);
    EXPECT_EQ(r.consumed, 5U);
  }
}

TEST(BodyDecoder, GivesSlicesOfTheInputWithoutCopying) {
  const std::string_view input = "5\r\nhello\r\n0\r\n\r\n";
  auto decoder = body_decoder::chunked();
  const auto step = decoder.decode(input);
  EXPECT_EQ(step.state, body_decoder::outcome::data);
  EXPECT_EQ(step.data.data(), input.data() + 3);
}

TEST(BodyDecoder, TakesTheFramingOffChunks) {
  const std::pair<std::string, std::string> rows[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"5\r\nhello\r\n00\r\n\r\n", "hello"},
      {"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"a;name=value;x=\"y\"\r\n0123456789\r\n0;last\r\n\r\n", "0123456789"},
      {"0000000000000001\r\nx\r\n0\r\n\r\n", "x"},
      {"1;a = b ; c ; d=\"e;\\\"f \"\r\nx\r\n0\r\n\r\n", "x"},
      {"1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n"},
      {"1\r\nx\r\n0\r\nTrailer-A: b\r\nC:\r\n\r\n", "x"},
  };
  for (const auto& [text, body] : rows) {
    for (std::size_t piece = 0; piece <= text.size(); ++piece) {
      const auto r = run(body_decoder::chunked(), text + "NEXT", piece);
      ASSERT_EQ(r.status, 0) << text << piece;
      ASSERT_TRUE(r.done) << text << piece;
      ASSERT_EQ(r.body, body) << text << piece;
      ASSERT_EQ(r.consumed, text.size()) << text << piece;
    }
  }
}

TEST(BodyDecoder, RefusesFramingThatTwoReadersCouldTakeDifferently) {
  using namespace std::string_literals;
  const std::string rows[] = {
      "\r\n",
      "x\r\n",
      "-1\r\n",
      "+1\r\n",
      "0x1\r\nx\r\n",
      " 1\r\nx\r\n",
      "1 \r\nx\r\n",
      "1\t;a\r\nx\r\n",
      "1\nx\r\n",
      "1\rx\r\n",
      "1\r\nx\n",
      "1\r\nxy\r\n",
      "1\r\nx\r0",
      "1;a\nx\r\n",
      "1;a\rb\r\nx\r\n",
      "1;\r\nx\r\n",
      "1;=b\r\nx\r\n",
      "1;a=\r\nx\r\n",
      "1;a=\"b\r\nx\r\n\"\r\n",
      "1;a=\"b\"c\r\nx\r\n",
      "1;a b\r\nx\r\n",
      "1;a \r\nx\r\n",
      "1;a\0b\r\nx\r\n"s,
      "10000000000000000\r\n",
      "fffffffffffffffff\r\n",
      "00000000000000001\r\nx\r\n",
      ";a\r\n",
      "0\r\n\n",
      "0\r\n\rx",
      "0\r\nA b: c\r\n\r\n",
      "0\r\nA\r\n\r\n",
      "0\r\n: c\r\n\r\n",
      "0\r\n A: c\r\n\r\n",
      "0\r\nA: b\n\r\n",
      "0\r\nA: b\x01\r\n\r\n",
      "0\r\nA: b\rc\r\n\r\n",
      "1\r\nx\r\n\r\n",
  };
  for (const auto& text : rows) {
    for (std::size_t piece = 0; piece <= text.size(); ++piece) {
      const auto r = run(body_decoder::chunked(), text, piece);
      ASSERT_EQ(r.status, 400) << text << piece;
    }
  }
}

TEST(BodyDecoder, KeepsFailingOnceItHasFailed) {
  auto decoder = body_decoder::chunked();
  EXPECT_EQ(decoder.decode("x").state, body_decoder::outcome::error);
  EXPECT_EQ(decoder.decode("0\r\n\r\n").state, body_decoder::outcome::error);
  EXPECT_FALSE(decoder.done());
}

TEST(BodyDecoder, HoldsTheLimitOfTheBody) {
  const body_limits limits{.body_bytes = 10};
  EXPECT_EQ(run(body_decoder::of_length(10, limits), "0123456789").status, 0);
  EXPECT_EQ(run(body_decoder::of_length(11, limits), "0").status, 413);
  EXPECT_EQ(run(body_decoder::until_close(limits), "0123456789").status, 0);
  EXPECT_EQ(run(body_decoder::until_close(limits), "0123456789a").status, 413);
  EXPECT_EQ(run(body_decoder::chunked(limits), "a\r\n0123456789\r\n0\r\n\r\n").status, 0);
  // The announcement suffices; what it announces need not come.
  EXPECT_EQ(run(body_decoder::chunked(limits), "b\r\n").status, 413);
  EXPECT_EQ(run(body_decoder::chunked(limits), "6\r\n012345\r\n5\r\n").status, 413);
  EXPECT_EQ(run(body_decoder::chunked(limits), "ffffffffffffffff\r\n").status, 413);
}

TEST(BodyDecoder, HoldsTheLimitsOfExtensionsAndTrailers) {
  const body_limits limits{.extension_bytes = 8, .trailer_bytes = 20, .trailer_fields = 2};
  EXPECT_EQ(run(body_decoder::chunked(limits), "1;12345678\r\nx\r\n0\r\n\r\n").status, 0);
  EXPECT_EQ(run(body_decoder::chunked(limits), "1;123456789\r\nx\r\n").status, 400);
  std::string many;
  for (int i = 0; i < 16; ++i) many += "1;12345678\r\nx\r\n";
  EXPECT_EQ(run(body_decoder::chunked(limits), many + "0\r\n\r\n").status, 0);
  EXPECT_EQ(run(body_decoder::chunked(limits), many + "1;1\r\n").status, 400);
  EXPECT_EQ(run(body_decoder::chunked(limits), "0\r\nA: b\r\nC: d\r\n\r\n").status, 0);
  EXPECT_EQ(run(body_decoder::chunked(limits), "0\r\nA: b\r\nC: d\r\nE:\r\n\r\n").status, 400);
  EXPECT_EQ(run(body_decoder::chunked(limits), "0\r\nA: " + std::string(40, 'b')).status, 400);
}

TEST(BodyDecoder, EndsWithTheConnectionOnlyWhereTheConnectionIsTheFrame) {
  auto open = body_decoder::until_close();
  EXPECT_EQ(open.decode("abc").data, "abc");
  EXPECT_FALSE(open.done());
  EXPECT_TRUE(open.end_of_input());
  EXPECT_TRUE(open.done());
  auto cut = body_decoder::of_length(5);
  (void)cut.decode("abc");
  EXPECT_FALSE(cut.end_of_input());
  auto chunk = body_decoder::chunked();
  (void)chunk.decode("5\r\nhello\r\n");
  EXPECT_FALSE(chunk.end_of_input());
  EXPECT_EQ(chunk.received(), 5U);
}

}  // namespace
}  // namespace weir::http
