#include "weir/gateway/expression/parse.hpp"

#include <gtest/gtest.h>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

struct mistake {
  std::string_view text;
  std::size_t offset;
  std::size_t length;
  std::string_view message;
  std::string_view suggestion;
};

TEST(ExpressionParse, NamesThePlaceOfEachMistakeAndAWayOut) {
  constexpr mistake all[] = {
      {"", 0, 1, "the expression is empty", ""},
      {"  ", 2, 1, "the expression is empty", ""},
      {"1 +", 3, 1, "the expression ends where a value is due", ""},
      {"1 + * 2", 4, 1, "a value is due here, not '*'", ""},
      {"a = 1", 2, 1, "'=' is no operator", "'==' compares"},
      {"a & b", 2, 1, "'&' is no operator", "did you mean '&&'?"},
      {"a | b", 2, 1, "'|' is no operator", "did you mean '||'?"},
      {"a and b", 2, 3, "an operator is due before this", "did you mean '&&'?"},
      {"a or b", 2, 2, "an operator is due before this", "did you mean '||'?"},
      {"not a", 4, 1, "an operator is due before this", ""},
      {"(a and b)", 3, 3, "')' is due here, to close the bracket", "did you mean '&&'?"},
      {"a b", 2, 1, "an operator is due before this", ""},
      {"a 1", 2, 1, "an operator is due before this", ""},
      {"a)", 1, 1, "')' has no meaning here", ""},
      {"(1 + 2", 6, 1, "')' is due here, to close the bracket", ""},
      {"[1, 2", 5, 1, "']' is due here, to close the list", ""},
      {"{'a': 1", 7, 1, "'}' is due here, to close the map", ""},
      {"{'a' 1}", 5, 1, "':' is due here, between a key and its value", ""},
      {"{'a'}", 4, 1, "':' is due here, between a key and its value", ""},
      {"a[1", 3, 1, "']' is due here, after the index", ""},
      {"a ? b", 5, 1, "':' is due here, between the two values that '?' chooses from", ""},
      {"a.", 2, 1, "a name is due after the point", "other names are written ['like this']"},
      {"a.'b'", 2, 3, "a name is due after the point", "other names are written ['like this']"},
      {"'abc", 0, 1, "this string has no end", ""},
      {"'''abc''", 0, 3, "this string has no end", ""},
      {"'a\nb'", 0, 1, "this string has no end", ""},
      {"'\\q'", 1, 2, "no such escape", "a backslash itself is written '\\\\'"},
      {"'\\u12'", 1, 2, "digits are missing in this escape", ""},
      {"'\\400'", 1, 2, "no such escape", "a backslash itself is written '\\\\'"},
      {"'\\ud800'", 1, 6, "there is no such character", ""},
      {"'\\U00110000'", 1, 10, "there is no such character", ""},
      {"'\xFF'", 0, 3, "this string is not UTF-8", ""},
      {"9223372036854775808", 0, 19, "this number does not fit into 64 bits", ""},
      {"-9223372036854775809", 1, 19, "this number does not fit into 64 bits", ""},
      {"18446744073709551616u", 0, 21, "this number does not fit into 64 bits", ""},
      {"1e999", 0, 5, "this number does not fit into a double", ""},
      {"12abc", 2, 1, "a number ends here, a name cannot begin", ""},
      {"${a}", 0, 1, "'$' has no meaning inside an expression", "write the name alone"},
      {"a @ b", 2, 1, "this character has no meaning in an expression", ""},
      {"a \xE2\x80\x9C", 2, 3, "this character has no meaning in an expression", ""},
      {"sizee(a)", 0, 5, "there is no function 'sizee'", "did you mean 'size'?"},
      {"a.startswith('b')", 2, 10, "there is no function 'startswith'",
       "did you mean 'startsWith'?"},
      {"f()", 0, 1, "there is no function 'f'", ""},
      {"contains(a, 'b')", 0, 8, "'contains' is written after what it works on",
       "write x.contains(…)"},
      {"a.int()", 2, 3, "'int' is no method", "write int(x)"},
      {"map(a, b)", 0, 3, "'map' is written after a list", "list.map(x, …)"},
      {"size()", 0, 4, "'size' takes 1 argument, not 0", ""},
      {"a.size(1)", 2, 4, "'size' takes 0 arguments, not 1", ""},
      {"a.split()", 2, 5, "'split' takes 1 or 2 arguments, not 0", ""},
      {"min()", 0, 3, "'min' takes 1 or more arguments, not 0", ""},
      {"has(a)", 0, 3, "'has' asks for a member: has(a.b)", ""},
      {"has(a.b, c)", 0, 3, "'has' asks for a member: has(a.b)", ""},
      {"a.map(1, 2)", 6, 1, "the name of a variable is due here", "for example map(x, …)"},
      {"a.map(x)", 7, 1, "',' is due here, after the variable", ""},
      {"a.all(x, y, z)", 10, 1, "')' is due here, after the arguments", ""},
      {"a.all(if, true)", 6, 2, "the name of a variable is due here", "for example all(x, …)"},
      {"package", 0, 7, "'package' is a reserved word", ""},
      {"a ?? ", 5, 1, "the expression ends where a value is due", ""},
      {"1 2 3 }", 2, 1, "an operator is due before this", ""},
      {"}", 0, 1, "the expression is empty", ""},
  };
  for (const auto& [text, offset, length, message, suggestion] : all) {
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed) << text;
    const auto& wrong = parsed.error().at(0);
    EXPECT_EQ(wrong.message, message) << text;
    EXPECT_EQ(wrong.offset, offset) << text;
    EXPECT_EQ(wrong.length, length) << text;
    EXPECT_EQ(wrong.suggestion, suggestion) << text;
  }
}

TEST(ExpressionParse, BindsOperatorsInCelsOrderAndCoalescingLoosest) {
  const auto same = [](std::string_view plain, std::string_view bracketed) {
    EXPECT_EQ(run(plain), run(bracketed)) << plain;
  };
  same("1 + 2 * 3 - 4 / 2 % 2", "(1 + (2 * 3)) - ((4 / 2) % 2)");
  same("10 - 3 - 2", "(10 - 3) - 2");
  same("100 / 10 / 5", "(100 / 10) / 5");
  same("1 < 2 == true", "(1 < 2) == true");
  same("true || false && false", "true || (false && false)");
  same("!true || true", "(!true) || true");
  same("-2 * -3", "(-2) * (-3)");
  same("false ? 1 : true ? 2 : 3", "false ? 1 : (true ? 2 : 3)");
  same("true ? null : 1 ?? 2", "(true ? null : 1) ?? 2");
  same("null ?? null ?? 3", "(null ?? null) ?? 3");
  same("null ?? 1 + 1", "null ?? (1 + 1)");
  same("[null ?? 1, {'a': null ?? 2}['a' ?? 'b']][0 ?? 1]", "[1, 2][0]");
  same("1 + 2 in [3]", "(1 + 2) in [3]");
  same("!(1 in [1])", "!(1 in [1])");
  same("-[1][0]", "-([1][0])");
}

TEST(ExpressionParse, ForgivesSpaceAndAFinalComma) {
  EXPECT_EQ(run(" [ 1 ,\n2 , ] "), "list [1,2]");
  EXPECT_EQ(run("{'a':1,}"), R"(map {"a":1})");
  EXPECT_EQ(run("\t1\r\n+\f2"), "int 3");
}

TEST(ExpressionParse, HoldsItsLimits) {
  const auto problem_of = [](const std::string& text, const parse_limits& limits = {}) {
    const auto parsed = parse(text, limits);
    return parsed ? std::string() : parsed.error()[0].message;
  };
  const auto repeated = [](std::string_view piece, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += piece;
    return out;
  };
  EXPECT_EQ(problem_of(repeated("(", 90) + "1" + repeated(")", 90)), "");
  EXPECT_EQ(problem_of(repeated("(", 5000) + "1"), "nested too deep");
  EXPECT_EQ(problem_of(repeated("[", 5000)), "nested too deep");
  EXPECT_EQ(problem_of(repeated("!", 5000) + "true"), "nested too deep");
  EXPECT_EQ(problem_of(repeated("-", 5000) + "x"), "nested too deep");
  EXPECT_EQ(problem_of(repeated("true ? 1 : ", 1000) + "1"), "nested too deep");
  EXPECT_EQ(problem_of(repeated("{1:", 1000)), "nested too deep");
  EXPECT_EQ(problem_of(repeated("x[", 1000)), "nested too deep");
  EXPECT_EQ(problem_of(repeated("size(", 1000)), "nested too deep");
  EXPECT_EQ(problem_of("1" + repeated("+1", 100)), "");
  EXPECT_EQ(problem_of("1" + repeated("+1", 1000)), "nested too deep");
  EXPECT_EQ(problem_of("x" + repeated(".x", 1000)), "nested too deep");
  EXPECT_EQ(problem_of(std::string(20'000, ' ') + "1"), "the expression is too long");
  EXPECT_EQ(problem_of("[" + repeated("1,", 1000) + "]"), "");
  EXPECT_EQ(problem_of("[" + repeated("1,", 1001) + "]"), "too many elements in one list");
  EXPECT_EQ(problem_of("{" + repeated("1:1,", 1001) + "}"), "too many entries in one map");
  EXPECT_EQ(problem_of("min(" + repeated("1,", 1001) + ")"), "too many arguments");
  EXPECT_EQ(problem_of("[" + repeated("[1,1,1,1,1,1,1,1],", 500) + "]"),
            "the expression is too long");
  EXPECT_EQ(problem_of(repeated("[1].map(x, ", 8) + "1" + repeated(")", 8)), "");
  EXPECT_EQ(problem_of(repeated("[1].map(x, ", 9) + "1" + repeated(")", 9)),
            "too many of all, exists, map and filter inside one another");
}

TEST(ExpressionParse, FindsTheBraceThatClosesAnEmbeddedExpression) {
  const auto end_of = [](std::string_view text) {
    const auto parsed = parse_embedded(text, 2);
    return parsed ? std::string(text.substr(2, parsed->end - 2)) : parsed.error()[0].message;
  };
  EXPECT_EQ(end_of("${a} b"), "a");
  EXPECT_EQ(end_of("${a ?? {}} b}"), "a ?? {}");
  EXPECT_EQ(end_of("${{'}': {'{': '}'}}}"), "{'}': {'{': '}'}}");
  EXPECT_EQ(end_of(R"(${"}" + '}' + r'\'}x)"), R"("}" + '}' + r'\')");
  EXPECT_EQ(end_of(R"(${'it\'s }'}x)"), R"('it\'s }')");
  EXPECT_EQ(end_of("${a} then 'quotes and ` that end nowhere"), "a");
  EXPECT_EQ(end_of("${a"), "this '${' is never closed");
  EXPECT_EQ(end_of("${a]}"), "']' has no meaning here");
  EXPECT_EQ(end_of("${}"), "the expression is empty");
  const auto parsed = parse_embedded("key ${ a.b + }", 6);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error()[0].offset, 13u);
}

TEST(ExpressionParse, KeepsTheTextAsWritten) {
  EXPECT_EQ(parse(" a.b ")->text(), " a.b ");
  EXPECT_EQ(parse_embedded("x ${a.b}", 4)->expression.text(), "a.b");
}

}  // namespace
}  // namespace weir::gateway::expression
