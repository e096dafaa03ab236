#include "weir/json/writer.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <random>

#include "parse_support.hpp"

namespace weir::json {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string number(double of) {
  std::string out;
  append_number(out, of);
  return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string text;
  writer out(text);
  out.begin_object();
  out.key("a").integer(-1).key("b").unsigned_integer(18446744073709551615u);
  out.key("list").begin_array().null().boolean(true).boolean(false).string("x").begin_array();
  out.end_array().begin_object().end_object().end_array();
  out.key("raw").raw("12345678901234567890.10").raw_key(R"("r\u0061w")").number(0.5);
  out.end_object();
  EXPECT_EQ(text, R"({"a":-1,"b":18446744073709551615,"list":[null,true,false,"x",[],{}],)"
                  R"("raw":12345678901234567890.10,"r\u0061w":0.5})");
}

TEST(JsonWriter, CopiesValuesByteForByte) {
  const parsed d(R"({"n": 1.50, "s":"\u0041"})");
  std::string text;
  writer(text)
      .begin_array()
      .value(d.root.find("n"))
      .value(d.root.find("s"))
      .value(d.root)
      .end_array();
  EXPECT_EQ(text, R"([1.50,"\u0041",{"n": 1.50, "s":"\u0041"}])");
}

TEST(JsonWriter, EscapesWhatMustBeEscapedAndNothingElse) {
  EXPECT_EQ(in_quotes(""), R"("")");
  EXPECT_EQ(in_quotes("plain text / with 'quotes'"), R"("plain text / with 'quotes'")");
  EXPECT_EQ(in_quotes("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(in_quotes(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(in_quotes("caf\xC3\xA9 \xF0\x9D\x84\x9E"), "\"caf\xC3\xA9 \xF0\x9D\x84\x9E\"");
}

TEST(JsonWriter, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(in_quotes("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(in_quotes("\xC3"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(in_quotes("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonWriter, EscapesAlikeWhereverTheCharacterLies) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string a(before, 'a');
      const std::string z(after, 'z');
      for (int c = 0; c < 128; ++c) {
        const std::string text = a + static_cast<char>(c) + z;
        parsed d(in_quotes(text));
        ASSERT_FALSE(d.error) << before << ' ' << c;
        ASSERT_EQ(d.root.as_string(d.memory), text);
      }
    }
  }
}

TEST(JsonWriter, PrintsDoublesShortAndLikeEcmaScript) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-0.0), "-0");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-1.5), "-1.5");
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(100000), "100000");
  EXPECT_EQ(number(123456789.25), "123456789.25");
  EXPECT_EQ(number(0.000001), "0.000001");
  EXPECT_EQ(number(0.0000001), "1e-7");
  EXPECT_EQ(number(1.25e-7), "1.25e-7");
  EXPECT_EQ(number(1e20), "100000000000000000000");
  EXPECT_EQ(number(1e21), "1e+21");
  EXPECT_EQ(number(1.5e300), "1.5e+300");
  EXPECT_EQ(number(123456789012345680000.0), "123456789012345680000");
  EXPECT_EQ(number(9007199254740993.0), "9007199254740992");
  EXPECT_EQ(number(5e-324), "5e-324");
  EXPECT_EQ(number(-1.7976931348623157e308), "-1.7976931348623157e+308");
  EXPECT_EQ(number(0.1 + 0.2), "0.30000000000000004");
}

TEST(JsonWriter, PrintsNullForWhatJsonCannotSay) {
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(JsonWriter, EveryDoubleReadsBackAsItself) {
  std::mt19937_64 draw(20240601);
  for (int i = 0; i < 40'000; ++i) {
    const std::uint64_t bits = draw();
    double original;
    std::memcpy(&original, &bits, sizeof original);
    if (!std::isfinite(original)) continue;
    const auto text = number(original);
    ASSERT_LE(text.size(), longest_number);
    const parsed d(text);
    ASSERT_FALSE(d.error) << text;
    const auto back = d.root.as_double();
    ASSERT_TRUE(back) << text;
    ASSERT_EQ(std::memcmp(&*back, &original, sizeof original), 0) << text;
  }
}

}  // namespace
}  // namespace weir::json
