#include <gtest/gtest.h>

#include "unit/http/parse_support.hpp"

namespace weir::http {
namespace {

using outcome = parse_result::outcome;
using test::response_parse;

TEST(ResponseParser, GivesStatusReasonAndFields) {
  const response_parse p("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nX: y\r\n\r\nabc");
  ASSERT_EQ(p.result.state, outcome::complete) << p.result.detail;
  EXPECT_EQ(p.result.consumed, p.bytes.size() - 3);
  EXPECT_EQ(p.head.status, 404);
  EXPECT_EQ(p.head.reason, "Not Found");
  EXPECT_EQ(p.head.content_length, 3U);
  EXPECT_TRUE(p.head.has_body);
  EXPECT_TRUE(p.head.keep_alive);
  EXPECT_EQ(p.head.fields.find("x"), "y");
}

struct row {
  const char* text;
  bool to_head;
  bool has_body;
  bool keep_alive;
};

TEST(ResponseParser, KnowsWhereABodyFollowsAndWhetherTheConnectionStays) {
  const row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, false, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, false, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, false, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, true, true},
      {"HTTP/1.1 200 OK\r\n\r\n", false, true, false},
      {"HTTP/1.1 200 OK\r\n\r\n", true, false, true},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, false, true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false, false, true},
      // What is announced may still come, before the next answer.
      {"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", false, false, false},
      {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, false, false},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", false, false, true},
      {"HTTP/1.1 100 Continue\r\n\r\n", false, false, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n", false, true, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false, true, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", false, true, true},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, false, true},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", false, false, true},
  };
  for (const auto& r : rows) {
    const response_parse p(r.text, r.to_head);
    ASSERT_EQ(p.result.state, outcome::complete) << r.text << p.result.detail;
    EXPECT_EQ(p.head.has_body, r.has_body) << r.text;
    EXPECT_EQ(p.head.keep_alive, r.keep_alive) << r.text;
  }
}

TEST(ResponseParser, RefusesWhatIsMalformedHoweverItIsCut) {
  using namespace std::string_literals;
  const std::string rows[] = {
      "SSH-2.0-OpenSSH\r\n",
      "\r\nHTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 600 OK\r\n\r\n",
      "HTTP/1.1 -20 OK\r\n\r\n",
      "HTTP/1.1 200 O\0K\r\n\r\n"s,
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
      "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
  };
  for (const auto& text : rows) {
    for (std::size_t piece = 0; piece < text.size(); ++piece) {
      const response_parse p(text, false, {}, piece);
      ASSERT_EQ(p.result.state, outcome::error) << text << piece;
      ASSERT_EQ(p.result.status, 502) << text << p.result.detail;
    }
  }
}

TEST(ResponseParser, HoldsTheLimitsOfTheHead) {
  const head_limits limits{.head_bytes = 64, .fields = 2};
  for (const std::size_t piece : {0, 1, 5}) {
    const auto state = [&](const std::string& text) {
      return response_parse(text, false, limits, piece).result.state;
    };
    EXPECT_EQ(state("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n"), outcome::complete);
    EXPECT_EQ(state("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"), outcome::error);
    EXPECT_EQ(state("HTTP/1.1 200 OK\r\nA: " + std::string(80, 'b') + "\r\n\r\n"), outcome::error);
    EXPECT_EQ(state("HTTP/1.1 200 " + std::string(80, 'b')), outcome::error);
  }
}

}  // namespace
}  // namespace weir::http
