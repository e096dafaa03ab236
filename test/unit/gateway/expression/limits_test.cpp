// Expressions that try to run away: each ends with an error, soon and in bounded memory.
#include <gtest/gtest.h>

#include "evaluation_support.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::expression {
namespace {

constexpr std::string_view out_of_budget =
    "error: this takes more work or memory than an expression may use";

std::string large_list(int size) {
  std::string json = "[0";
  for (int i = 1; i < size; ++i) json += "," + std::to_string(i);
  return json + "]";
}

struct attempt {
  std::string result;
  std::size_t memory;
};

attempt try_over(std::string_view document, std::string_view text,
                 const evaluation_limits& limits = {}) {
  arena input;
  arena memory;
  json::parser reader;
  const value slots[] = {value::json(*reader.parse(document, input))};
  const auto made =
      compile(*parse(text), [](std::string_view) { return std::optional<std::uint16_t>(0); });
  const value out = made->evaluate({slots, &memory, nullptr, limits});
  const auto* const error = out.as_error();
  return {error ? "error: " + std::string(error->message) : "done", memory.reserved()};
}

std::string nested(std::size_t depth, std::string_view what) {
  std::string json;
  for (std::size_t i = 0; i < depth; ++i) json += i % 2 == 0 ? "[" : R"({"k":)";
  json += what;
  for (std::size_t i = depth; i-- > 0;) json += i % 2 == 0 ? ']' : '}';
  return json;
}

// They differ in the innermost alone.
TEST(ExpressionLimits, ValuesNestedAsDeepAsAConfigurationMayAllowAreCompared) {
  const std::size_t depth = config::most_json_depth;
  arena memory;
  json::parser reader;
  const auto read = [&](const std::string& text) {
    return value::json(*reader.parse(text, memory, {.depth = depth}));
  };
  const std::string one = nested(depth, "1"), same = nested(depth, "1.0"), two = nested(depth, "2");
  const std::map<std::string, value> names{{"a", read(one)}, {"b", read(same)}, {"c", read(two)}};
  EXPECT_EQ(run("a == b", names), "bool true");
  EXPECT_EQ(run("a == c", names), "bool false");
  EXPECT_EQ(run("c in [a, b]", names), "bool false");
}

TEST(ExpressionLimits, NestedMacrosOverALargeListEnd) {
  const auto list = large_list(10'000);
  for (const auto text :
       {"a.map(x, a.map(y, x * y))", "a.all(x, a.all(y, a.all(z, z >= 0)))",
        "a.exists(x, a.exists(y, x + y < 0))", "a.map(x, a)[0] == a.map(x, a.map(y, y + 1))",
        "a.map(x, x in a.map(y, y))", "a.all(x, 1 / 0 == 1 || a.exists(y, y < 0))",
        "a.map(x, a.filter(y, y == x))"}) {
    const auto out = try_over(list, text, {.steps = 200'000});
    EXPECT_EQ(out.result, out_of_budget) << text;
    EXPECT_LT(out.memory, 40u << 20) << text;
  }
}

TEST(ExpressionLimits, OneLoopOverALargeListIsWithinThem) {
  const auto list = large_list(10'000);
  for (const auto text :
       {"a.map(x, x * 2 + 1)", "a.filter(x, x % 2 == 0 && x > 100).map(x, string(x))",
        "a.exists(x, x == 9999)", "a == a", "max(a)", "a.map(x, string(x)).join(',')"}) {
    EXPECT_EQ(try_over(list, text).result, "done") << text;
  }
}

TEST(ExpressionLimits, NeitherOrNorCoalescingMakesUpForThem) {
  const auto list = large_list(2'000);
  EXPECT_EQ(try_over(list, "a.all(x, a.all(y, true)) || true").result, out_of_budget);
  EXPECT_EQ(try_over(list, "a.all(x, a.all(y, true)) ?? 1").result, out_of_budget);
  EXPECT_EQ(try_over(list, "[1, 2].exists(n, a.all(x, a.all(y, true)) || n == 2)").result,
            out_of_budget);
  EXPECT_EQ(try_over(list, "false && a.all(x, a.all(y, true))").result, "done");
}

TEST(ExpressionLimits, TextCannotGrowWithoutEnd) {
  const std::string text = "\"" + std::string(100'000, 'x') + "\"";
  for (const auto expression :
       {"[1,2,3,4,5,6,7,8,9,10].map(i, [1,2,3,4,5,6,7,8,9,10].map(j, [1,2,3,4].map(k, a + a)))",
        "a.replace('', a)",
        "[1,2,3,4].map(i, [1,2,3,4].map(j, a.replace('x', 'yyyyyyyyyyyyyyyy')))",
        "a.split('').map(c, a + c)",
        "[a,a,a,a,a,a,a,a,a,a].join(a.replace('x', 'yyyyyyyyyyyyyyyyyyyy'))"}) {
    const auto out = try_over(text, expression);
    EXPECT_EQ(out.result, out_of_budget) << expression;
    EXPECT_LT(out.memory, 40u << 20) << expression;
  }
}

TEST(ExpressionLimits, SearchingIsPaidForByLength) {
  const std::string text =
      "[\"" + std::string(200'000, 'x') + "\", \"" + std::string(100'000, 'x') + "y\"]";
  EXPECT_EQ(try_over(text, "a[0].contains(a[1])").result, out_of_budget);
  EXPECT_EQ(try_over(text, "a[0].contains('xy')").result, "done");
}

TEST(ExpressionLimits, ErrorsThatAreMadeUpForCostMemoryToo) {
  const auto out = try_over(large_list(10'000), "a.exists(x, a.exists(y, 'a' < 1))");
  EXPECT_EQ(out.result, out_of_budget);
  EXPECT_LT(out.memory, 40u << 20);
}

TEST(ExpressionLimits, ComparingIsPaidForBySize) {
  std::string nested = "0";
  for (int i = 0; i < 400; ++i) nested = "[" + nested + "]";
  EXPECT_EQ(try_over("[" + nested + "," + nested + " ]", "a[0] == a[1]").result, "done");
  EXPECT_EQ(try_over("[[0, 1],[0,1]]", "a[0] == a[1]", {.steps = 5}).result, out_of_budget);
  std::string object = "{\"k\":0";
  for (int i = 0; i < 5'000; ++i) object += ",\"k" + std::to_string(i) + "\":" + std::to_string(i);
  EXPECT_EQ(try_over("[" + object + "}," + object + ", \"z\":1}]", "a[0] == a[1]").result, "done");
  EXPECT_EQ(try_over("[" + object + ",\"y\":1}," + object + ", \"z\":1}]", "a[0] == a[1]").result,
            out_of_budget);
}

TEST(ExpressionLimits, TheLastStepAllowedIsAllowed) {
  EXPECT_EQ(run("1 + 1", {}, {.steps = 3}), "int 2");
  EXPECT_EQ(run("1 + 1", {}, {.steps = 2}), out_of_budget);
  EXPECT_EQ(run("'ab' + 'cd'", {}, {.bytes = 4}), R"(string "abcd")");
  EXPECT_EQ(run("'ab' + 'cd'", {}, {.bytes = 3}), out_of_budget);
}

TEST(ExpressionLimits, WhatIsWrittenOutIsBounded) {
  arena memory;
  json::parser reader;
  const std::string text = "\"" + std::string(100'000, 'x') + "\"";
  const auto document = value::json(*reader.parse(text, memory));
  const auto copies = memory.make_array<value>(1000);
  for (auto& copy : copies) copy = document;
  std::string out;
  json::writer to(out);
  const auto done = write_json(value::list(copies), to, memory);
  ASSERT_TRUE(done.error);
  EXPECT_EQ(done.error->kind, error_kind::limit);
  EXPECT_LE(out.size(), most_output + 2000);
  EXPECT_TRUE(to_text(value::list(copies), memory).is_error());
  std::string small;
  json::writer to_small(small);
  EXPECT_TRUE(write_json(document, to_small, memory, 100).error);
  EXPECT_FALSE(write_json(value::integer(7), to_small, memory, 100).error);
}

}  // namespace
}  // namespace weir::gateway::expression
