#include "weir/gateway/expression/evaluate_text.hpp"

#include <gtest/gtest.h>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

TEST(EvaluateText, SeesTheDocumentAndItsMembers) {
  EXPECT_EQ(over(R"({"a":1.50,"b":{"c":[true]}})", "a"), "1.50");
  EXPECT_EQ(over(R"({"a":1.50,"b":{"c":[true]}})", "b.c[0]"), "true");
  EXPECT_EQ(over(R"({"a":1})", "this.a + body.a"), "2");
  EXPECT_EQ(over("[1, 2]", "body[1]"), "2");
  EXPECT_EQ(over("[1, 2]", "this.map(x, x + 1)"), "[2,3]");
  EXPECT_EQ(over("7", "this"), "7");
  EXPECT_EQ(over(R"({"a":1,"a":2})", "a"), "2");
  EXPECT_EQ(over(R"({"body":1})", "body"), "1");
  EXPECT_EQ(over(R"({"body":1})", "this"), R"({"body":1})");
  EXPECT_EQ(over(R"({"this":1,"a":2})", "this.a"), "2");
  EXPECT_EQ(over(R"({"\u0061b":1})", "ab"), "1");
}

TEST(EvaluateText, NeedsNoDocument) {
  EXPECT_EQ(over("", "1 + 1"), "2");
  EXPECT_EQ(over(" \n", "[1].size()"), "1");
  EXPECT_EQ(over("", "body"), "error: there is no name 'body'");
}

TEST(EvaluateText, TellsWhichOfTheTwoIsWrong) {
  const auto bad_document = evaluate_text("1", "{\"a\":\n x}");
  ASSERT_FALSE(bad_document);
  EXPECT_EQ(bad_document.error().in_document.at(0).offset, 7u);
  const auto bad_expression = evaluate_text("1 +", "{}");
  ASSERT_FALSE(bad_expression);
  EXPECT_EQ(bad_expression.error().in_expression.at(0).offset, 3u);
  const auto bad_name = evaluate_text("ab + 1", R"({"abc":1})");
  ASSERT_FALSE(bad_name);
  EXPECT_EQ(bad_name.error().in_expression.at(0).suggestion, "did you mean 'abc'?");
  const auto bad_value = evaluate_text("a / 0", R"({"a":1})");
  ASSERT_FALSE(bad_value);
  EXPECT_EQ(bad_value.error().message, "division by zero");
  EXPECT_EQ(over("{}", "this.x"), "error: 'x' is missing");
  EXPECT_EQ(over("[]", "this[0]"), "error: '[0]' is missing");
}

TEST(EvaluateText, QuotesTheBeginningOfALongTextWithoutHalfACharacter) {
  EXPECT_EQ(over("", "int('aдддддддддддддддддддддддддд')"),
            "error: 'aддддддддддддддддддд' cannot be read as int");
}

}  // namespace
}  // namespace weir::gateway::expression
