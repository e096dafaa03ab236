#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/http/parse_support.hpp"

namespace weir::http {
namespace {

using outcome = parse_result::outcome;
using test::request_parse;

std::string get(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
}

TEST(RequestParser, GivesTheRequestLineAndTheFieldsAsViews) {
  const std::string head =
      "GET /users/7/cart?full=1&x=?2 HTTP/1.1\r\nHost: shop.example:8080\r\nAccept:  a, b \t\r\n"
      "X-Empty:\r\n\r\n";
  const request_parse p(head + "rest");
  ASSERT_EQ(p.result.state, outcome::complete) << p.result.detail;
  EXPECT_EQ(p.result.consumed, head.size());
  EXPECT_EQ(p.head.verb, method::get);
  EXPECT_EQ(p.head.verb_token, "GET");
  EXPECT_EQ(p.head.target, "/users/7/cart?full=1&x=?2");
  EXPECT_EQ(p.head.path, "/users/7/cart");
  EXPECT_EQ(p.head.query, "full=1&x=?2");
  EXPECT_TRUE(p.head.has_query);
  EXPECT_EQ(p.head.host, "shop.example:8080");
  EXPECT_EQ(p.head.minor_version, 1);
  EXPECT_TRUE(p.head.keep_alive);
  EXPECT_FALSE(p.head.has_body);
  ASSERT_EQ(p.head.fields.size(), 3U);
  EXPECT_EQ(p.head.fields.find("ACCEPT"), "a, b");
  EXPECT_EQ(p.head.fields.find("x-empty"), "");
  EXPECT_EQ(p.head.fields.find("x-none"), std::nullopt);
}

TEST(RequestParser, KnowsEveryMethodItMayServe) {
  for (const auto* name : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const request_parse p(std::string(name) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(p.result.state, outcome::complete) << name;
    EXPECT_EQ(to_string(p.head.verb), name);
  }
}

struct framing_row {
  const char* text;
  bool keep_alive;
  bool has_body;
  bool chunked;
  std::optional<std::uint64_t> length;
};

TEST(RequestParser, TakesFramingAndPersistenceFromTheFields) {
  const framing_row rows[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, false, false, {}},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false, false, false, {}},
      {"GET / HTTP/1.1\r\nHost: a\r\nconnection: x, Close\r\n\r\n", false, false, false, {}},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: , x,,\r\n\r\n", true, false, false, {}},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n",
       false,
       false,
       false,
       {}},
      {"GET / HTTP/1.0\r\n\r\n", false, false, false, {}},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false, false, {}},
      {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false, false, false, {}},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", true, false, false, 0},
      {"POST / HTTP/1.1\r\nHost: a\r\nCONTENT-LENGTH:5\r\n\r\n", true, true, false, 5},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", true, true,
       false, 18446744073709551615U},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", true, true, true, {}},
      {"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", false, true, false, 3},
  };
  for (const auto& row : rows) {
    const request_parse p(row.text);
    ASSERT_EQ(p.result.state, outcome::complete) << row.text << p.result.detail;
    EXPECT_EQ(p.head.keep_alive, row.keep_alive) << row.text;
    EXPECT_EQ(p.head.has_body, row.has_body) << row.text;
    EXPECT_EQ(p.head.chunked, row.chunked) << row.text;
    EXPECT_EQ(p.head.content_length, row.length) << row.text;
  }
}

TEST(RequestParser, TakesOneEmptyLineBeforeTheRequest) {
  EXPECT_EQ(request_parse("\r\n" + get("")).result.state, outcome::complete);
  EXPECT_EQ(request_parse("\r\n\r\n" + get("")).result.status, 400);
}

TEST(RequestParser, TakesTheAbsoluteFormApartAndLetsItsAuthorityWin) {
  const request_parse p("GET http://real.example:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
  ASSERT_EQ(p.result.state, outcome::complete) << p.result.detail;
  EXPECT_EQ(p.head.host, "real.example:81");
  EXPECT_EQ(p.head.target, "/a?b");
  EXPECT_EQ(p.head.path, "/a");
  EXPECT_EQ(p.head.query, "b");
  const request_parse bare("GET HTTPS://real.example HTTP/1.1\r\nHost: real.example\r\n\r\n");
  ASSERT_EQ(bare.result.state, outcome::complete);
  EXPECT_EQ(bare.head.target, "/");
}

TEST(RequestParser, TakesTheAsteriskForOptionsAlone) {
  const request_parse p("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(p.result.state, outcome::complete);
  EXPECT_EQ(p.head.target, "*");
}

TEST(RequestParser, SeesAnExpectationOnlyWhereABodyFollowsAndTheVersionKnowsIt) {
  const auto expects = [](std::string_view text) {
    const request_parse p(text);
    EXPECT_EQ(p.result.state, outcome::complete) << text;
    return p.head.expects_continue;
  };
  EXPECT_TRUE(
      expects("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_FALSE(expects("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_FALSE(expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
}

struct refusal {
  const char* what;
  std::string text;
  int status;
};

std::vector<refusal> refusals() {
  using namespace std::string_literals;
  const auto post = [](std::string_view lines) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
  };
  return {
      // Framing: the rows whose lenient reading lets a request be smuggled.
      {"length and coding", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"coding and length", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
      {"two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
      {"the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
      {"a list of lengths", post("Content-Length: 5, 5\r\n"), 400},
      {"empty length", post("Content-Length:\r\n"), 400},
      {"blank length", post("Content-Length:   \r\n"), 400},
      {"plus length", post("Content-Length: +5\r\n"), 400},
      {"minus length", post("Content-Length: -5\r\n"), 400},
      {"hex length", post("Content-Length: 0x5\r\n"), 400},
      {"fraction", post("Content-Length: 5.0\r\n"), 400},
      {"length with a space inside", post("Content-Length: 5 5\r\n"), 400},
      {"length by one too large", post("Content-Length: 18446744073709551616\r\n"), 400},
      {"length far too large", post("Content-Length: 99999999999999999999999\r\n"), 400},
      {"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {"chunked twice in two fields",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"chunked not last", post("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {"chunked not last in two fields",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"), 400},
      {"no chunked at all", post("Transfer-Encoding: gzip\r\n"), 400},
      {"identity", post("Transfer-Encoding: identity\r\n"), 400},
      {"nearly chunked", post("Transfer-Encoding: xchunked\r\n"), 400},
      {"chunked with parameters", post("Transfer-Encoding: chunked;a=b\r\n"), 400},
      {"quoted chunked", post("Transfer-Encoding: \"chunked\"\r\n"), 400},
      {"vertical tab before chunked",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       400},
      {"empty coding", post("Transfer-Encoding:\r\n"), 400},
      {"empty element", post("Transfer-Encoding: , chunked\r\n"), 400},
      {"gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"gzip; q=1, chunked", post("Transfer-Encoding: gzip; q=1, chunked\r\n"), 501},
      {"coding on 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},

      // Fields.
      {"space before the colon", get("A : b\r\n"), 400},
      {"tab before the colon", get("A\t: b\r\n"), 400},
      {"folded line", get("A: b\r\n c\r\n"), 400},
      {"white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"NUL in a value", get("A: b\0c\r\n"s), 400},
      {"NUL in a name", get("A\0: c\r\n"s), 400},
      {"bare CR in a value", get("A: b\rc\r\n"), 400},
      {"escape in a value", get("A: \x1b[31m\r\n"), 400},
      {"DEL in a value", get("A: \x7f\r\n"), 400},
      {"empty name", get(": b\r\n"), 400},
      {"no colon", get("abc\r\n"), 400},
      {"parenthesis in a name", get("A(b): c\r\n"), 400},
      {"non-ASCII name", get("\xc3\xa4: c\r\n"), 400},
      {"bare LF behind a value", get("A: b\nC: d\r\n"), 400},
      {"bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare LF as the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"CR CR LF", get("A: b\r\r\n"), 400},

      {"a Connection that is no list of names", get("Connection: clo(se\r\n"), 400},

      // Host.
      {"no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", 400},
      {"Host twice", get("Host: b\r\n"), 400},
      {"the same Host twice", get("Host: a\r\n"), 400},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"Host as a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
      {"Host with a port too high", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400},
      {"Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"Host with junk in brackets", "GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", 400},
      {"Host of non-ASCII", "GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n", 400},

      // The request line.
      {"asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no slash", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"only a query", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form without Host", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"non-ASCII target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"HTTP/0.9", "GET /\r\n", 400},
      {"HTTP/0.9 by name", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 400},
      {"small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"a version of one digit", "GET / HTTP/2\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"small method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"unknown expectation", post("Expect: 200-ok\r\nContent-Length: 1\r\n"), 417},
      {"two expectations", post("Expect: 100-continue\r\nExpect: x\r\n"), 417},
      {"TLS hello", "\x16\x03\x01\x02", 400},
  };
}

TEST(RequestParser, RefusesWhatTwoReadersCouldTakeDifferently) {
  for (const auto& row : refusals()) {
    const request_parse p(row.text);
    EXPECT_EQ(p.result.state, outcome::error) << row.what;
    EXPECT_EQ(p.result.status, row.status) << row.what << ": " << p.result.detail;
    EXPECT_FALSE(p.result.detail.empty()) << row.what;
  }
}

TEST(RequestParser, JudgesTheSameHoweverTheBytesAreCut) {
  auto rows = refusals();
  rows.push_back({"sound", get("Accept: x\r\nA: b\r\n"), 0});
  rows.push_back({"sound behind an empty line", "\r\n" + get("A: b\r\n"), 0});
  for (const auto& row : rows) {
    const request_parse whole(row.text);
    for (std::size_t piece = 1; piece < row.text.size(); ++piece) {
      const request_parse cut(row.text, {}, piece);
      ASSERT_EQ(cut.result.state, whole.result.state) << row.what << " in pieces of " << piece;
      ASSERT_EQ(cut.result.status, whole.result.status) << row.what << " in pieces of " << piece;
      ASSERT_EQ(cut.result.consumed, whole.result.consumed)
          << row.what << " in pieces of " << piece;
      if (whole.result.state != outcome::complete) continue;
      ASSERT_EQ(cut.head.target, whole.head.target);
      ASSERT_EQ(cut.head.host, whole.head.host);
      ASSERT_EQ(cut.head.fields.size(), whole.head.fields.size());
    }
  }
}

TEST(RequestParser, AcceptsEveryHostThatIsOne) {
  for (const auto* host : {"a", "a.b-c.example", "a_b", "127.0.0.1", "127.0.0.1:80", "[::1]",
                           "[::ffff:1.2.3.4]:65535", "localhost:0"}) {
    const request_parse p("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    EXPECT_EQ(p.result.state, outcome::complete) << host << ": " << p.result.detail;
    EXPECT_EQ(p.head.host, host);
  }
}

TEST(RequestParser, AcceptsAllCharactersAValueMayHave) {
  std::string value;
  for (int c = 1; c < 256; ++c) {
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) value += static_cast<char>(c);
  }
  const request_parse p(get("A: x" + value + "x\r\n"));
  ASSERT_EQ(p.result.state, outcome::complete) << p.result.detail;
  EXPECT_EQ(p.head.fields.find("a"), "x" + value + "x");
}

TEST(RequestParser, RefusesEachControlCharacterAtEachPlaceInAValue) {
  for (int c = 0; c < 256; ++c) {
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) continue;
    for (std::size_t at = 0; at < 40; ++at) {
      std::string value(40, 'v');
      value[at] = static_cast<char>(c);
      const request_parse p(get("A: " + value + "\r\n"));
      ASSERT_EQ(p.result.status, 400) << c << " at " << at;
    }
  }
}

TEST(RequestParser, HoldsTheLimitOfTheTarget) {
  const head_limits limits{.target_bytes = 20, .head_bytes = 200, .fields = 3};
  const auto status = [&](std::size_t target, std::size_t piece) {
    return request_parse("GET /" + std::string(target - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
                         limits, piece)
        .result.status;
  };
  for (const std::size_t piece : {0, 1, 7}) {
    EXPECT_EQ(status(20, piece), 0);
    EXPECT_EQ(status(21, piece), 414);
    EXPECT_EQ(status(2000, piece), 414);
  }
  // The verdict does not wait for the line's end.
  EXPECT_EQ(request_parse("GET /" + std::string(100, 'a'), limits).result.status, 414);
}

TEST(RequestParser, HoldsTheLimitsOfTheFields) {
  const head_limits limits{.target_bytes = 20, .head_bytes = 100, .fields = 3};
  const auto status = [&](std::string_view lines, std::size_t piece) {
    return request_parse(get(lines), limits, piece).result.status;
  };
  for (const std::size_t piece : {0, 1, 7}) {
    EXPECT_EQ(status("A: b\r\nC: d\r\n", piece), 0);
    EXPECT_EQ(status("A: b\r\nC: d\r\nE: f\r\n", piece), 431);
    EXPECT_EQ(status("A: " + std::string(68, 'b') + "\r\n", piece), 0);
    EXPECT_EQ(status("A: " + std::string(69, 'b') + "\r\n", piece), 431);
    EXPECT_EQ(status("A: " + std::string(500, 'b') + "\r\n", piece), 431);
  }
  EXPECT_EQ(request_parse("GET / HTTP/1.1\r\nA: " + std::string(200, 'b'), limits).result.status,
            431);
}

TEST(RequestParser, SaysWhetherARequestHasBegun) {
  request_parser parser;
  std::vector<field> room(8);
  request_head head;
  EXPECT_FALSE(parser.begun());
  std::string bytes = "\r\n";
  bytes.reserve(100);
  EXPECT_EQ(parser.parse(bytes, room, head).state, outcome::need_more);
  EXPECT_FALSE(parser.begun());
  bytes += "G";
  EXPECT_EQ(parser.parse(bytes, room, head).state, outcome::need_more);
  EXPECT_TRUE(parser.begun());
  parser.reset();
  EXPECT_FALSE(parser.begun());
}

}  // namespace
}  // namespace weir::http
