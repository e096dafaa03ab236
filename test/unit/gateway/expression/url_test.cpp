#include "weir/gateway/expression/url.hpp"

#include <gtest/gtest.h>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

constexpr error_info fault{error_kind::arithmetic, "broken"};

// What is appended, or the outcome in words.
std::string segment(const value& of) {
  arena memory;
  std::string url = "/";
  const auto outcome = append_url_segment(url, of, memory);
  if (outcome != slot_outcome::ok) {
    EXPECT_EQ(url, "/");
    return std::string(describe(outcome));
  }
  return url;
}

std::string query(const value& of) {
  arena memory;
  std::string url = "?q=";
  const auto outcome = append_query_value(url, of, memory);
  if (outcome != slot_outcome::ok) {
    EXPECT_EQ(url, "?q=");
    return std::string(describe(outcome));
  }
  return url;
}

TEST(UrlSlot, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(segment(value::text("AZaz09-._~")), "/AZaz09-._~");
  EXPECT_EQ(segment(value::text("First Presentation")), "/First%20Presentation");
  EXPECT_EQ(segment(value::text("a/b?c#d%e&f=g+h")), "/a%2Fb%3Fc%23d%25e%26f%3Dg%2Bh");
  EXPECT_EQ(segment(value::text("\r\nHost: x\"'")), "/%0D%0AHost%3A%20x%22%27");
  EXPECT_EQ(segment(value::text("../../etc")), "/..%2F..%2Fetc");
  EXPECT_EQ(segment(value::text("\xC3\xA9")), "/%C3%A9");
  EXPECT_EQ(segment(value::text(std::string_view("\0", 1))), "/%00");
  EXPECT_EQ(segment(value::text("...")), "/...");
  EXPECT_EQ(query(value::text("a b&c")), "?q=a%20b%26c");
}

TEST(UrlSlot, TakesScalarsOfEveryKind) {
  EXPECT_EQ(segment(value::integer(-7)), "/-7");
  EXPECT_EQ(segment(value::uinteger(7)), "/7");
  EXPECT_EQ(segment(value::real(1.5)), "/1.5");
  EXPECT_EQ(segment(value::boolean(true)), "/true");
  arena memory;
  json::parser reader;
  const auto list = reader.parse(R"([10.00,"a\u002fb",""])", memory);
  EXPECT_EQ(segment(value::json(list->at(0))), "/10.00");
  EXPECT_EQ(segment(value::json(list->at(1))), "/a%2Fb");
  EXPECT_EQ(segment(value::json(list->at(2))), "the value is null, missing or empty");
}

TEST(UrlSlot, SendsNothingForWhatCannotBeASegment) {
  EXPECT_EQ(segment(value::null()), "the value is null, missing or empty");
  EXPECT_EQ(segment(value::missing("x")), "the value is null, missing or empty");
  EXPECT_EQ(segment(value::text("")), "the value is null, missing or empty");
  EXPECT_EQ(segment(value::text(".")), "the value is '.' or '..'");
  EXPECT_EQ(segment(value::text("..")), "the value is '.' or '..'");
  EXPECT_EQ(segment(value::error(fault)), "the value cannot stand in a URL");
  EXPECT_EQ(segment(value::list({})), "the value cannot stand in a URL");
  EXPECT_EQ(segment(value::map({})), "the value cannot stand in a URL");
  EXPECT_EQ(segment(value::bytes("\xFF")), "the value cannot stand in a URL");
}

TEST(UrlSlot, DropsAQueryParameterThatIsNullAlone) {
  EXPECT_EQ(query(value::null()), "the value is null, its parameter is left out");
  EXPECT_EQ(query(value::missing()), "the value is null, missing or empty");
  EXPECT_EQ(query(value::text("")), "?q=");
  EXPECT_EQ(query(value::text("..")), "?q=..");
  EXPECT_EQ(query(value::list({})), "the value cannot stand in a URL");
  EXPECT_EQ(query(value::error(fault)), "the value cannot stand in a URL");
}

}  // namespace
}  // namespace weir::gateway::expression
