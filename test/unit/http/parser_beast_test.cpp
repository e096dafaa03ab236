// A second opinion on parsing: Boost.Beast, where it is installed.
#if __has_include(<boost/beast/http.hpp>)

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "unit/http/parse_support.hpp"
#include "weir/http/body_decoder.hpp"

namespace weir::http {
namespace {

namespace beast = boost::beast::http;
using namespace std::string_literals;
using outcome = parse_result::outcome;

// Where ours refuses what Beast takes. Each is a strictness of RFC 9112, or a limit of this server;
// anything else that ours refuses and Beast takes fails the test.
constexpr std::array stricter = {
    std::string_view("a header field is folded over two lines"),  // Beast unfolds
    std::string_view("there is no Host"),                         // Beast leaves Host to its user
    std::string_view("there is more than one Host"),
    std::string_view("Host is malformed"),
    std::string_view("Connection is malformed"),
    std::string_view("Content-Length is not a number"),         // Beast takes lists of one value
    std::string_view("there is more than one Content-Length"),  // … and repetitions
    std::string_view("Transfer-Encoding is malformed"),
    std::string_view("Transfer-Encoding is not for HTTP/1.0"),
    std::string_view("Transfer-Encoding names chunked twice"),
    std::string_view("Transfer-Encoding gives parameters to chunked"),
    std::string_view("Transfer-Encoding does not end with chunked"),  // Beast then sees no body
    std::string_view("Content-Length and Transfer-Encoding stand together"),  // … or no chunked
    std::string_view("the transfer coding is not supported"),
    std::string_view("the method is not implemented"),
    std::string_view("the method is not allowed"),
    std::string_view("the expectation is not known"),
    std::string_view("the request target does not start with a slash"),
    std::string_view("the target * is for OPTIONS alone"),
    std::string_view("the request target has a fragment"),
    std::string_view("the request target is malformed"),  // bytes above 0x7f
    std::string_view("the request target's authority is malformed"),
    std::string_view("the request target has a query and no path"),
    std::string_view("this HTTP version is not supported"),  // Beast leaves 1.x to its user
};

struct second_opinion {
  explicit second_opinion(std::string_view text) {
    parser.header_limit(1 << 20);
    boost::system::error_code ec;
    consumed = parser.put(boost::asio::const_buffer(text.data(), text.size()), ec);
    complete = parser.is_header_done();
    // Without the whole head Beast asks for more; with it, what it says of the frame counts.
    failed = ec && ec != beast::error::need_more;
  }
  beast::request_parser<beast::empty_body> parser;
  std::size_t consumed = 0;
  bool complete = false;
  bool failed = false;
};

std::string text_of(boost::beast::string_view s) {
  return {s.data(), s.size()};
}

// The rule: what ours takes, Beast takes and understands the same; what ours alone refuses is on
// the list.
void compare(const std::string& text) {
  if (text.starts_with("\r\n")) return;  // one empty line is tolerated by ours alone
  const test::request_parse ours(text);
  if (ours.result.state == outcome::need_more) return;
  const second_opinion other(text);
  if (ours.result.state == outcome::error) {
    if (other.complete && !other.failed) {
      EXPECT_NE(std::find(stricter.begin(), stricter.end(), ours.result.detail), stricter.end())
          << "ours alone refuses (" << ours.result.detail << "): " << testing::PrintToString(text);
    }
    return;
  }
  ASSERT_TRUE(other.complete && !other.failed)
      << "Beast alone refuses: " << testing::PrintToString(text);
  const auto& message = other.parser.get();
  ASSERT_EQ(ours.result.consumed, other.consumed) << testing::PrintToString(text);
  EXPECT_EQ(ours.head.verb_token, text_of(message.method_string()));
  EXPECT_TRUE(text_of(message.target()).ends_with(ours.head.target) || ours.head.target == "/" ||
              ours.head.target == "*");
  EXPECT_EQ(ours.head.minor_version, message.version() % 10);
  EXPECT_EQ(ours.head.chunked, other.parser.chunked()) << testing::PrintToString(text);
  const auto length = other.parser.content_length();
  EXPECT_EQ(ours.head.content_length.has_value(), length.has_value());
  EXPECT_EQ(ours.head.content_length.value_or(0), length.value_or(0));
  // On HTTP/1.0 Beast does not heed a close beside a keep-alive.
  EXPECT_TRUE(!ours.head.keep_alive || other.parser.keep_alive()) << testing::PrintToString(text);
  // Beast keeps fields of one name together; the order within a name is what has a meaning.
  std::map<std::string, std::vector<std::string>> fields_of_ours;
  std::map<std::string, std::vector<std::string>> fields_of_other;
  for (const auto& f : ours.head.fields) fields_of_ours[std::string(f.name)].emplace_back(f.value);
  for (const auto& f : message) {
    fields_of_other[text_of(f.name_string())].push_back(text_of(f.value()));
  }
  EXPECT_EQ(fields_of_ours, fields_of_other) << testing::PrintToString(text);
}

std::vector<std::string> seeds() {
  return {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /users/3/cart?full=1 HTTP/1.1\r\nHost: shop:80\r\nAccept: */*\r\nConnection: "
      "close\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      "PUT /x HTTP/1.0\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
      "GET http://a.example/b HTTP/1.1\r\nHost: a.example\r\nX: \t y \t\r\nX: z\r\n\r\n",
      "DELETE /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\nA:\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nFolded: b\r\n c\r\n\r\n",
  };
}

TEST(ParserAgainstBeast, AgreesOnSoundRequests) {
  for (const auto& text : seeds()) compare(text);
}

TEST(ParserAgainstBeast, AgreesOrIsStricterWhateverIsChanged) {
  std::mt19937 random(20240229);
  const std::string alphabet = "\0\t\n\r !\"#%()*+,-./019:;=?@AZ[]_az{}~\x7f\x80\xff"s;
  const std::vector<std::string> lines = {"Content-Length: 3\r\n",
                                          "Content-Length: 4, 4\r\n",
                                          "Transfer-Encoding: chunked\r\n",
                                          "Transfer-Encoding: x\r\n",
                                          "Connection: keep-alive, close\r\n",
                                          "Host: b\r\n",
                                          "Connection: x\r\n"};
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  for (int round = 0; round < 60000; ++round) {
    auto text = seeds()[below(seeds().size())];
    for (auto changes = below(3) + 1; changes > 0; --changes) {
      const auto at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = alphabet[below(alphabet.size())];
          break;
        case 1:
          text.insert(at, 1, alphabet[below(alphabet.size())]);
          break;
        case 2:
          text.erase(at, below(3) + 1);
          break;
        case 3: {
          const auto line_end = text.find("\r\n");
          if (line_end != std::string::npos) text.insert(line_end + 2, lines[below(lines.size())]);
          break;
        }
        default:
          text.insert(at, text.substr(below(text.size()), below(8)));
          break;
      }
      if (text.empty()) text = "G";
    }
    compare(text);
    if (HasFailure()) return;
  }
}

TEST(ParserAgainstBeast, AgreesOnChunkedBodiesOrIsStricter) {
  std::mt19937 random(19700101);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const std::string alphabet = "\0\t\n\r ;=019aAfFgx-+\""s;
  const std::vector<std::string> bodies = {"5\r\nhello\r\n0\r\n\r\n",
                                           "3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
                                           "1\r\nx\r\n0\r\nT: v\r\n\r\n", "0\r\n\r\n"};
  int taken = 0;
  for (int round = 0; round < 40000; ++round) {
    auto text = bodies[below(bodies.size())];
    for (auto changes = below(3); changes > 0; --changes) {
      const auto at = below(text.size());
      switch (below(3)) {
        case 0:
          text[at] = alphabet[below(alphabet.size())];
          break;
        case 1:
          text.insert(at, 1, alphabet[below(alphabet.size())]);
          break;
        default:
          text.erase(at, 1);
          break;
      }
      if (text.empty()) text = "0";
    }
    auto decoder = body_decoder::chunked();
    std::string ours;
    std::string_view rest = text;
    bool failed = false;
    while (!rest.empty() && !decoder.done() && !failed) {
      const auto step = decoder.decode(rest);
      ours += step.data;
      rest.remove_prefix(step.consumed);
      failed = step.state == body_decoder::outcome::error;
    }
    if (failed || !decoder.done()) continue;  // stricter, or wants more
    ++taken;
    beast::request_parser<beast::string_body> other;
    other.eager(true);
    const std::string message =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + text;
    std::size_t at = 0;
    boost::system::error_code ec;
    while (!ec && !other.is_done() && at < message.size()) {
      at += other.put(boost::asio::const_buffer(message.data() + at, message.size() - at), ec);
    }
    ASSERT_FALSE(ec) << ec.message() << " Beast alone refuses: " << testing::PrintToString(text);
    ASSERT_TRUE(other.is_done()) << testing::PrintToString(text);
    ASSERT_EQ(other.get().body(), ours) << testing::PrintToString(text);
    ASSERT_EQ(at, message.size() - rest.size()) << testing::PrintToString(text);
  }
  EXPECT_GT(taken, 5000);
}

}  // namespace
}  // namespace weir::http

#endif
