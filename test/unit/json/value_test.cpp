#include "weir/json/value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "parse_support.hpp"

namespace weir::json {
namespace {

TEST(JsonValue, KeepsTheExactBytesOfEveryValue) {
  const parsed d(R"( { "a" : 12345678901234567890.10 , "b":"x\u0041\/" ,"c":[ 1 , {"d" :2} ] } )");
  EXPECT_EQ(d.root.find("a").raw(), "12345678901234567890.10");
  EXPECT_EQ(d.root.find("b").raw(), R"("x\u0041\/")");
  EXPECT_EQ(d.root.find("c").raw(), R"([ 1 , {"d" :2} ])");
  EXPECT_EQ(d.root.find("c").at(1).raw(), R"({"d" :2})");
  EXPECT_EQ(d.root.raw().front(), '{');
  EXPECT_EQ(d.root.raw().back(), '}');
}

TEST(JsonValue, FindsMembersAndElements) {
  parsed d(R"({"a":[10,[],{"x":1},20],"b":null,"":"empty"})");
  EXPECT_EQ(d.root.get_kind(), kind::object);
  EXPECT_EQ(d.root.size(), 3u);
  const auto a = d.root.find("a");
  EXPECT_EQ(a.size(), 4u);
  EXPECT_EQ(a.at(0).as_int64(), 10);
  EXPECT_EQ(a.at(3).as_int64(), 20);
  EXPECT_EQ(a.at(2).find("x").as_int64(), 1);
  EXPECT_FALSE(a.at(4));
  EXPECT_TRUE(d.root.find("b").is_null());
  EXPECT_EQ(d.root.find("").as_string(d.memory), "empty");
  EXPECT_FALSE(d.root.find("c"));
  EXPECT_FALSE(a.find("x"));
  EXPECT_FALSE(d.root.at(0));
}

TEST(JsonValue, AnswersNothingWhereThereIsNothing) {
  arena memory;
  const value none;
  EXPECT_FALSE(none);
  EXPECT_FALSE(none.find("a"));
  EXPECT_FALSE(none.at(0));
  EXPECT_EQ(none.size(), 0u);
  EXPECT_FALSE(none.as_bool());
  EXPECT_FALSE(none.as_int64());
  EXPECT_FALSE(none.as_uint64());
  EXPECT_FALSE(none.as_double());
  EXPECT_FALSE(none.as_string(memory));
  EXPECT_FALSE(none.is_null());
  EXPECT_FALSE(none.equals(""));
  for (const auto element : none.elements()) ADD_FAILURE() << element.index();
  for (const auto member : none.members()) ADD_FAILURE() << member.name.index();
}

TEST(JsonValue, GoesOverElementsAndMembersInTheOrderTheyCame) {
  const parsed d(R"({"z":[3,[9,[8]],1],"a":{},"m":2})");
  std::string names;
  for (const auto [name, content] : d.root.members()) names += std::string(name.raw());
  EXPECT_EQ(names, R"("z""a""m")");
  std::string elements;
  for (const auto element : d.root.find("z").elements())
    elements += std::string(element.raw()) + ";";
  EXPECT_EQ(elements, "3;[9,[8]];1;");
}

TEST(JsonValue, TakesTheLastOfNamesGivenTwice) {
  const parsed d(R"({"a":1,"\u0061":2,"b":0})");
  EXPECT_EQ(d.root.find("a").as_int64(), 2);
  EXPECT_EQ(d.root.size(), 3u);
}

TEST(JsonValue, FindsNamesWrittenWithEscapes) {
  const parsed d(R"({"\u00e9\n\"\ud834\udd1e":1,"caf\u00e9":2})");
  EXPECT_EQ(d.root.find("\xC3\xA9\n\"\xF0\x9D\x84\x9E").as_int64(), 1);
  EXPECT_EQ(d.root.find("caf\xC3\xA9").as_int64(), 2);
  EXPECT_FALSE(d.root.find("caf"));
  EXPECT_FALSE(d.root.find("caf\xC3\xA9s"));
}

TEST(JsonValue, UnescapesStrings) {
  const auto text = [](std::string_view json) {
    parsed d(json);
    return std::string(d.root.as_string(d.memory).value_or("not a string"));
  };
  using namespace std::string_literals;
  EXPECT_EQ(text(R"("")"), "");
  EXPECT_EQ(text(R"("plain")"), "plain");
  EXPECT_EQ(text(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(text(R"("a\u0000b")"), "a\0b"s);
  EXPECT_EQ(text(R"("\u00E9\u20ac")"), "\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(text(R"("\ud834\udd1E!")"), "\xF0\x9D\x84\x9E!");
  EXPECT_EQ(text(R"("\\u0041")"), "\\u0041");
  EXPECT_EQ(text("7"), "not a string");
}

TEST(JsonValue, ReplacesLoneSurrogates) {
  const auto text = [](std::string_view json) {
    parsed d(json);
    return std::string(*d.root.as_string(d.memory));
  };
  EXPECT_EQ(text(R"("\ud834")"), "\xEF\xBF\xBD");
  EXPECT_EQ(text(R"("\udd1ex")"), "\xEF\xBF\xBDx");
  EXPECT_EQ(text(R"("\ud834\ud834\udd1e")"), "\xEF\xBF\xBD\xF0\x9D\x84\x9E");
  EXPECT_EQ(text(R"("\ud834\u0041")"),
            "\xEF\xBF\xBD"
            "A");
}

TEST(JsonValue, DoesNotAllocateForStringsWithoutEscapes) {
  parsed d(R"(["no escapes here"])");
  const auto before = d.memory.reserved();
  const auto text = d.root.at(0).as_string(d.memory);
  EXPECT_EQ(text->data(), d.text.data() + 2);
  EXPECT_EQ(d.memory.reserved(), before);
}

TEST(JsonValue, GivesIntegersOnlyOfWholeNotation) {
  const auto number = [](std::string_view json) { return parsed(json).root.as_int64(); };
  EXPECT_EQ(number("0"), 0);
  EXPECT_EQ(number("-0"), 0);
  EXPECT_EQ(number("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(number("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(number("9223372036854775808"));
  EXPECT_FALSE(number("-9223372036854775809"));
  EXPECT_FALSE(number("1.0"));
  EXPECT_FALSE(number("1e2"));
  EXPECT_FALSE(number(R"("1")"));
  const auto positive = [](std::string_view json) { return parsed(json).root.as_uint64(); };
  EXPECT_EQ(positive("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(positive("-0"), 0u);
  EXPECT_FALSE(positive("18446744073709551616"));
  EXPECT_FALSE(positive("-1"));
  EXPECT_FALSE(positive("1.0"));
}

TEST(JsonValue, GivesTheNearestDoubleAndNoneBeyondTheLargest) {
  const auto number = [](std::string_view json) { return parsed(json).root.as_double(); };
  EXPECT_EQ(number("0.1"), 0.1);
  EXPECT_EQ(number("1e22"), 1e22);
  EXPECT_EQ(number("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(number("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(number("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_FALSE(number("1e400"));
  EXPECT_FALSE(number("-1e400"));
  EXPECT_FALSE(number("1" + std::string(400, '0')));
  EXPECT_EQ(number("1e-400"), 0.0);
  EXPECT_EQ(number("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_TRUE(std::signbit(*number("-1e-400")));
  EXPECT_EQ(number("0e999999999999"), 0.0);
  EXPECT_EQ(number("0.0000e99999999999999999999"), 0.0);
  EXPECT_FALSE(number("0.0000001e99999999999999999999"));
  EXPECT_EQ(number("100000000e-99999999999999999999"), 0.0);
  EXPECT_FALSE(number("true"));
}

TEST(JsonValue, TellsBooleans) {
  EXPECT_EQ(parsed("true").root.as_bool(), true);
  EXPECT_EQ(parsed("false").root.as_bool(), false);
  EXPECT_FALSE(parsed("null").root.as_bool());
  EXPECT_FALSE(parsed("1").root.as_bool());
}

}  // namespace
}  // namespace weir::json
