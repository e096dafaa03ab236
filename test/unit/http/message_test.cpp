#include "weir/http/message.hpp"

#include <gtest/gtest.h>

#include <string>

#include "weir/http/chunk.hpp"
#include "weir/http/date.hpp"

namespace weir::http {
namespace {

TEST(Message, ComparesNamesWithoutCaseInAsciiAlone) {
  EXPECT_TRUE(iequals("Content-Length", "cONTENT-lENGTH"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_FALSE(iequals("\xc4", "\xe4"));
}

TEST(Message, ParsesMethodsWithTheirCase) {
  for (const auto m : {method::get, method::head, method::post, method::put, method::delete_,
                       method::patch, method::options, method::connect, method::trace}) {
    EXPECT_EQ(parse_method(to_string(m)), m);
  }
  for (const auto* other : {"", "get", "GE", "GETT", "PAT", "PUSH", "OPTION", "other"}) {
    EXPECT_EQ(parse_method(other), method::other) << other;
  }
}

TEST(Message, FindsFieldsInOrder) {
  const field all[] = {{"A", "1"}, {"b", "2"}, {"a", "3"}};
  const fields f(all);
  EXPECT_EQ(f.find("a"), "1");
  EXPECT_EQ(f.count("A"), 2U);
  EXPECT_EQ(f.find("c"), std::nullopt);
}

TEST(Message, KnowsWhatBelongsToTheHop) {
  for (const auto* name : {"Connection", "keep-alive", "TE", "Transfer-Encoding", "Upgrade",
                           "Proxy-Authorization", "Trailer", "proxy-connection"}) {
    EXPECT_TRUE(is_hop_by_hop(name, "")) << name;
  }
  EXPECT_FALSE(is_hop_by_hop("X-Mine", ""));
  EXPECT_TRUE(is_hop_by_hop("X-Mine", "close, x-mine"));
  EXPECT_FALSE(is_hop_by_hop("X-Mine", "close, x-min"));
}

TEST(Message, LetsConnectionStripNothingThatServicesRelyOn) {
  const std::string_view connection =
      "host, authorization, content-length, content-type, cookie, x-forwarded-for, forwarded, "
      "if-match, traceparent";
  for (const auto* name : {"Host", "Authorization", "Content-Length", "Content-Type", "Cookie",
                           "X-Forwarded-For", "Forwarded", "If-Match", "Traceparent"}) {
    EXPECT_FALSE(is_hop_by_hop(name, connection)) << name;
  }
}

TEST(Message, HeedsEveryConnectionFieldOfAMessage) {
  const field all[] = {{"Connection", "a"}, {"connection", "x, b"}};
  EXPECT_TRUE(is_hop_by_hop("B", fields(all)));
  EXPECT_TRUE(is_hop_by_hop("A", fields(all)));
  EXPECT_FALSE(is_hop_by_hop("C", fields(all)));
}

TEST(Message, HasAReasonForEveryStatusItSends) {
  for (const int status : {200, 204, 304, 400, 401, 404, 405, 408, 413, 414, 417, 429, 431, 500,
                           501, 502, 503, 504, 505}) {
    EXPECT_NE(reason_phrase(status), "Unknown") << status;
  }
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

TEST(Chunk, WritesItsSizeInHex) {
  EXPECT_EQ(chunk_head(1).text(), "1\r\n");
  EXPECT_EQ(chunk_head(0x1a2b).text(), "1a2b\r\n");
  EXPECT_EQ(chunk_head(~std::uint64_t{0}).text(), "ffffffffffffffff\r\n");
}

TEST(Date, IsWrittenAsTheProtocolHasIt) {
  date_line date;
  EXPECT_EQ(date.at(784887151), "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n");
  EXPECT_EQ(date.at(0), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  EXPECT_EQ(date.at(951782400), "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n");
  EXPECT_EQ(date.at(4102444799), "Date: Thu, 31 Dec 2099 23:59:59 GMT\r\n");
}

}  // namespace
}  // namespace weir::http
