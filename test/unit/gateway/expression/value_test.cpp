#include "weir/gateway/expression/value.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

constexpr error_info broken{error_kind::arithmetic, "broken"};

class ExpressionValue : public testing::Test {
 protected:
  value json(std::string_view text) { return value::json(*reader_.parse(text, memory_)); }

  std::string to_json(const value& of) {
    std::string out;
    json::writer to(out);
    last_ = write_json(of, to, memory_);
    return out;
  }

  arena memory_;
  json::parser reader_;
  written last_;
};

TEST_F(ExpressionValue, KnowsTheTypeOfWhatADocumentHolds) {
  EXPECT_EQ(json("null").get_type(), type::null);
  EXPECT_EQ(json("true").get_type(), type::boolean);
  EXPECT_EQ(json("\"x\"").get_type(), type::text);
  EXPECT_EQ(json("[]").get_type(), type::list);
  EXPECT_EQ(json("{}").get_type(), type::map);
  EXPECT_EQ(json("-17").get_type(), type::integer);
  EXPECT_EQ(json("9223372036854775807").get_type(), type::integer);
  EXPECT_EQ(json("-9223372036854775808").get_type(), type::integer);
  EXPECT_EQ(json("9223372036854775808").get_type(), type::uinteger);
  EXPECT_EQ(json("18446744073709551615").get_type(), type::uinteger);
  EXPECT_EQ(json("18446744073709551616").get_type(), type::exact);
  EXPECT_EQ(json("-9223372036854775809").get_type(), type::exact);
  EXPECT_EQ(json("1.0").get_type(), type::real);
  EXPECT_EQ(json("1e3").get_type(), type::real);
  EXPECT_EQ(json("1e400").get_type(), type::exact);
  EXPECT_EQ(json("1e-400").get_type(), type::real);
  EXPECT_EQ(value::json({}).get_type(), type::missing);
}

TEST_F(ExpressionValue, GivesWhatIsInside) {
  EXPECT_EQ(json("true").as_bool(), true);
  EXPECT_FALSE(json("1").as_bool());
  EXPECT_EQ(json("41").as_int64(), 41);
  EXPECT_EQ(value::uinteger(41).as_int64(), 41);
  EXPECT_FALSE(value::uinteger(18446744073709551615u).as_int64());
  EXPECT_FALSE(value::real(1).as_int64());
  EXPECT_EQ(json("1.5").as_double(), 1.5);
  EXPECT_EQ(value::integer(-2).as_double(), -2.0);
  EXPECT_FALSE(json("1e400").as_double());
  EXPECT_EQ(json(R"("\u0041b")").as_text(memory_), "Ab");
  EXPECT_EQ(value::text("x").as_text(memory_), "x");
  EXPECT_FALSE(value::integer(1).as_text(memory_));
  EXPECT_EQ(value::bytes("x").as_bytes(), "x");
  EXPECT_EQ(value::missing("name").missing_name(), "name");
  EXPECT_EQ(value::error(broken).as_error(), &broken);
  EXPECT_EQ(value::error(error_kind::limit, "said", memory_).as_error()->message, "said");
  EXPECT_EQ(value::null().as_error(), nullptr);
}

TEST_F(ExpressionValue, FindsMembersOfWhateverHasThem) {
  EXPECT_EQ(member(json(R"({"a":1})"), "a", memory_).as_int64(), 1);
  EXPECT_EQ(member(json(R"({"a":1})"), "b", memory_).missing_name(), "b");
  const map_entry entries[] = {{json(R"("\u0061")"), value::integer(2)},
                               {value::integer(1), value::null()}};
  EXPECT_EQ(member(value::map(entries), "a", memory_).as_int64(), 2);
  EXPECT_TRUE(member(value::map(entries), "1", memory_).is_missing());
  EXPECT_TRUE(member(value::null(), "a", memory_).is_null());
  EXPECT_EQ(member(value::missing("x"), "a", memory_).missing_name(), "x");
  EXPECT_TRUE(member(value::error(broken), "a", memory_).is_error());
  EXPECT_TRUE(member(json("[1]"), "a", memory_).is_error());
  EXPECT_TRUE(member(value::text("x"), "a", memory_).is_error());
}

TEST_F(ExpressionValue, GoesOverListsAndMaps) {
  const value items[] = {value::integer(1), value::text("x")};
  for (const value& list : {json(R"([1, "x"])"), value::list(items)}) {
    EXPECT_EQ(count(list, memory_), 2u);
    element_cursor c(list);
    EXPECT_EQ(c.left(), 2u);
    EXPECT_EQ((*c).as_int64(), 1);
    c.advance();
    EXPECT_EQ((*c).as_text(memory_), "x");
    c.advance();
    EXPECT_FALSE(c);
  }
  const map_entry entries[] = {{value::text("a"), value::integer(1)}};
  for (const value& map : {json(R"({"a": 1})"), value::map(entries)}) {
    EXPECT_EQ(count(map, memory_), 1u);
    entry_cursor c(map, memory_);
    EXPECT_EQ(c.key().as_text(memory_), "a");
    EXPECT_EQ(c.content().as_int64(), 1);
    c.advance();
    EXPECT_FALSE(c);
  }
  EXPECT_FALSE(count(value::text("x"), memory_));
  EXPECT_FALSE(element_cursor(value::null()));
  EXPECT_FALSE(entry_cursor(json("[1]"), memory_));
}

TEST_F(ExpressionValue, IsWrittenAsJsonByteForByteWhereItCameFromADocument) {
  const auto document = json(R"({ "n":12345678901234567890.10,"s":"\u0041\/", "l":[ 1,2 ] })");
  EXPECT_EQ(to_json(document), R"({ "n":12345678901234567890.10,"s":"\u0041\/", "l":[ 1,2 ] })");
  const value items[] = {member(document, "n", memory_), member(document, "s", memory_),
                         member(document, "l", memory_)};
  EXPECT_EQ(to_json(value::list(items)), R"([12345678901234567890.10,"\u0041\/",[ 1,2 ]])");
}

TEST_F(ExpressionValue, IsWrittenAsJsonWhateverItIs) {
  const map_entry entries[] = {{json(R"("\u00e9")"), value::text("\"\n")},
                               {value::integer(-1), value::bytes("\xFF\x00")},
                               {value::uinteger(2), value::real(0.5)},
                               {value::boolean(true), value::of_type(type::integer)}};
  EXPECT_EQ(to_json(value::map(entries)), R"({"\u00e9":"\"\n","-1":"/w==","2":0.5,"true":"int"})");
  EXPECT_EQ(to_json(value::real(std::numeric_limits<double>::quiet_NaN())), "null");
  EXPECT_EQ(to_json(value::bytes("ab")), R"("YWI=")");
  EXPECT_EQ(to_json(value::bytes("abc")), R"("YWJj")");
  EXPECT_EQ(to_json(value::bytes("")), R"("")");
}

TEST_F(ExpressionValue, TellsOfMissingValuesAndErrorsItWrites) {
  const value items[] = {value::integer(1), value::missing("x"), value::error(broken)};
  EXPECT_EQ(to_json(value::list(items)), "[1,null,null]");
  EXPECT_TRUE(last_.missing);
  EXPECT_EQ(last_.error, &broken);
  to_json(value::null());
  EXPECT_FALSE(last_.missing);
  EXPECT_EQ(last_.error, nullptr);
}

TEST_F(ExpressionValue, BecomesText) {
  const auto text = [&](const value& of) {
    return std::string(to_text(of, memory_).as_text(memory_).value_or("none"));
  };
  EXPECT_EQ(text(json("10.00")), "10.00");
  EXPECT_EQ(text(json(R"("\u0041")")), "A");
  EXPECT_EQ(text(json("[1, 2]")), "[1, 2]");
  EXPECT_EQ(text(value::integer(-5)), "-5");
  EXPECT_EQ(text(value::uinteger(5)), "5");
  EXPECT_EQ(text(value::real(1e21)), "1e+21");
  EXPECT_EQ(text(value::real(std::numeric_limits<double>::infinity())), "Infinity");
  EXPECT_EQ(text(value::boolean(false)), "false");
  EXPECT_EQ(text(value::of_type(type::list)), "list");
  EXPECT_TRUE(to_text(value::null(), memory_).is_null());
  EXPECT_TRUE(to_text(value::missing(), memory_).is_missing());
  const value items[] = {value::error(broken)};
  EXPECT_TRUE(to_text(value::list(items), memory_).is_error());
}

TEST_F(ExpressionValue, NumbersBeyondTheMachineAreComparedByTheirDigits) {
  const auto holds = [&](std::string_view document, std::string_view expression) {
    return over(document, expression) == "true";
  };
  constexpr std::string_view numbers =
      R"({"a":123456789012345678901234567890,"b":123456789012345678901234567891,"n":-123456789012345678901234567890,)"
      R"("e":1e400,"f":1.0e400,"g":10e399,"h":1.1e400,"m":-1e400,"i":18446744073709551616,"t":184467440737095516160e-1})";
  EXPECT_TRUE(holds(numbers, "a == a && a < b && b > a && n < a && a != b"));
  EXPECT_TRUE(holds(
      numbers, "a > 9223372036854775807 && n < -9223372036854775808 && a > 18446744073709551615u"));
  EXPECT_TRUE(holds(numbers, "1 < a && 1.5 < a && a < e && a > 1e29 && a < 1e30"));
  EXPECT_TRUE(holds(numbers, "e == f && e == g && e < h && m < n && e > 1e308 && m < -1e308"));
  EXPECT_TRUE(holds(numbers, "e < 1.0 / 0.0 && m > -1.0 / 0.0 && !(e == 0.0 / 0.0)"));
  EXPECT_TRUE(holds(numbers, "i > 18446744073709551615u && i == 18446744073709551616.0"));
  EXPECT_TRUE(holds(numbers, "a in [1, a] && max(a, b) == b && min(a, n, 0) == n"));
  EXPECT_TRUE(holds(numbers, "double(a) == 123456789012345680000000000000.0"));
  EXPECT_EQ(over(numbers, "[a, e, max(a, b)]"),
            "[123456789012345678901234567890,1e400,123456789012345678901234567891]");
  EXPECT_EQ(over(numbers, "a * 2"), "error: '*' cannot take a number beyond 64 bits and int");
  EXPECT_EQ(over(numbers, "int(a)"), "error: a number beyond 64 bits does not fit into int");
  EXPECT_EQ(over(numbers, "double(e)"), "error: a number beyond 64 bits does not fit into double");
}

}  // namespace
}  // namespace weir::gateway::expression
