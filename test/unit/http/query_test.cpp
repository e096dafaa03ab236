#include "weir/http/query.hpp"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(Query, FindsTheFirstOfANameAndAllOfThem) {
  const query_view q("user=3&tag=a&tag=b+c&empty=&bare&&=x&a%20b=%2Fd");
  EXPECT_EQ(q.first("user"), "3");
  EXPECT_EQ(q.first("tag"), "a");
  EXPECT_EQ(q.all("tag"), (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(q.count("tag"), 2U);
  EXPECT_EQ(q.first("empty"), "");
  EXPECT_EQ(q.first("bare"), "");
  EXPECT_EQ(q.first(""), "x");
  EXPECT_EQ(q.first("a b"), "/d");
  EXPECT_EQ(q.first("none"), std::nullopt);
  EXPECT_EQ(q.count("none"), 0U);
  EXPECT_TRUE(q.all("none").empty());
}

TEST(Query, SplitsAtTheFirstEqualsSignAlone) {
  EXPECT_EQ(query_view("a=b=c").first("a"), "b=c");
}

TEST(Query, TellsABrokenEscape) {
  EXPECT_TRUE(query_view("").well_formed());
  EXPECT_TRUE(query_view("a=%20%ff").well_formed());
  for (const auto* text : {"a=%", "a=%2", "%zz", "a=%20&b=%g1"})
    EXPECT_FALSE(query_view(text).well_formed()) << text;
  EXPECT_EQ(query_view("a=1%").first("a"), "1%");
}

}  // namespace
}  // namespace weir::http
