#include <gtest/gtest.h>

#include "parse_support.hpp"

namespace weir::json {
namespace {

using namespace std::string_view_literals;

// What RFC 8259 allows, or leaves to the parser and we allow.
constexpr std::string_view accepted[] = {
    // structure
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    R"({"a":[]})",
    "[[],[[]]]",
    " [ ] ",
    "\t\n\r {\n}\r\n",
    R"({"a":1,"b":2})",
    R"({"a":{"b":{"c":{}}}})",
    "[1,2,3]",
    "[\n1\n,\n2\n]",
    R"([ "a" , "b" ])",
    R"({ "a" : "b" })",
    "[null,true,false]",
    "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
    // one scalar alone
    "null",
    "true",
    "false",
    "0",
    "-0",
    "42",
    R"("")",
    R"("text")",
    " 1 ",
    "\"\"\n",
    // numbers
    "[0]",
    "[-0]",
    "[-1]",
    "[123]",
    "[1.5]",
    "[0.000001]",
    "[-0.0]",
    "[1e1]",
    "[1E1]",
    "[1e+1]",
    "[1e-1]",
    "[0e0]",
    "[0.0e+00]",
    "[123.456e78]",
    "[1.0E-2]",
    "[0e+1]",
    "[9223372036854775807]",
    "[9223372036854775808]",
    "[18446744073709551616]",
    "[-9223372036854775809]",
    "[123456789012345678901234567890]",
    "[12345678901234567890.10]",
    "[1e400]",
    "[-1e400]",
    "[1e-400]",
    "[0.4e00669999999999999999999999999999999999999999999999999999969999999006]",
    "[-0.00000000000000000000000000000000000000000000000000000000000000000000000000000001]",
    // names
    R"({"":0})",
    R"({"a":1,"a":2})",
    R"({"a":1,"a":1})",
    R"({"\u0061":1})",
    R"({"a\nb":1})",
    "{\"\xC3\xA9\":1}",
    // strings
    R"("\"\\\/\b\f\n\r\t")",
    R"("\u0000")",
    R"("\u00e9\u20AC")",
    R"("\uD834\uDD1E")",
    R"("\u2028\u2029")",
    "\"\xE2\x80\xA8\"",
    "\"\x7F\"",
    "\"\xF4\x8F\xBF\xBF\"",
    "\"\xEF\xBF\xBF\"",
    "\"\xF0\x9D\x84\x9E\"",
    R"("a/b")",
    R"("'")",
    R"("/*no comment*/")",
    R"("[],:{}")",
    R"("\\")",
    R"("\\\\")",
    R"("\\\"")",
    R"(["\\",1,"\"",2])",
    R"("\\u0000")",
    // lone surrogates have no UTF-8 form, but the grammar knows them
    R"("\uD800")",
    R"("\uDC00")",
    R"("\uD800\uD800")",
    R"("\uD800x")",
    R"("\uDC00\uD800")",
    R"("\uD834\u0041")",
    R"("\uD834\n")",
    // a byte-order mark before the document
    "\xEF\xBB\xBF{}",
    "\xEF\xBB\xBF 1",
};

// What it forbids, and where we say it is wrong.
struct refusal {
  std::string_view text;
  std::size_t offset;
};

constexpr refusal refused[] = {
    // nothing there
    {""sv, 0},
    {" "sv, 0},
    {"\n\t\r "sv, 0},
    {"\xEF\xBB\xBF"sv, 3},
    // structure
    {"["sv, 1},
    {"{"sv, 1},
    {"]"sv, 0},
    {"}"sv, 0},
    {"[}"sv, 1},
    {"{]"sv, 1},
    {"[[]"sv, 3},
    {"[1"sv, 2},
    {"[1,"sv, 3},
    {"[1,]"sv, 3},
    {"[,1]"sv, 1},
    {"[,]"sv, 1},
    {"[1,,2]"sv, 3},
    {"[1 2]"sv, 3},
    {"[1:2]"sv, 2},
    {"[]]"sv, 2},
    {"[][]"sv, 2},
    {"{}{}"sv, 2},
    {"{},"sv, 2},
    {"1 2"sv, 2},
    {"null null"sv, 5},
    {"[1]x"sv, 3},
    {"[1],"sv, 3},
    {",1"sv, 0},
    {":"sv, 0},
    {","sv, 0},
    {R"({"a")"sv, 4},
    {R"({"a":)"sv, 5},
    {R"({"a":1)"sv, 6},
    {R"({"a":1,)"sv, 7},
    {R"({"a":1,})"sv, 7},
    {R"({"a" 1})"sv, 5},
    {R"({"a"})"sv, 4},
    {R"({"a"::1})"sv, 5},
    {R"({"a":1:2})"sv, 6},
    {R"({,"a":1})"sv, 1},
    {R"({:1})"sv, 1},
    {R"({1:1})"sv, 1},
    {R"({a:1})"sv, 1},
    {R"({'a':1})"sv, 1},
    {R"({null:1})"sv, 1},
    {R"({[]:1})"sv, 1},
    {R"({"a":1 "b":2})"sv, 7},
    {R"({"a":1]})"sv, 6},
    {R"({"a":[1})"sv, 7},
    {R"(["a":1])"sv, 4},
    {R"({"a","b"})"sv, 4},
    {R"({"a":"b" "c"})"sv, 9},
    {R"("a""b")"sv, 3},
    {R"("a"b)"sv, 3},
    {R"(a"b")"sv, 0},
    {R"(["a"x])"sv, 4},
    // words
    {"nul"sv, 0},
    {"nulll"sv, 0},
    {"NULL"sv, 0},
    {"True"sv, 0},
    {"tru"sv, 0},
    {"truee"sv, 0},
    {"fals"sv, 0},
    {"true1"sv, 0},
    {"nullnull"sv, 0},
    {"NaN"sv, 0},
    {"Infinity"sv, 0},
    {"undefined"sv, 0},
    {"[nu]"sv, 1},
    {"[true\"x\"]"sv, 1},
    {"'a'"sv, 0},
    {"[`a`]"sv, 1},
    // numbers
    {"-"sv, 0},
    {"[-]"sv, 1},
    {"+1"sv, 0},
    {"01"sv, 0},
    {"-01"sv, 0},
    {"00"sv, 0},
    {"0x10"sv, 0},
    {".5"sv, 0},
    {"-.5"sv, 0},
    {"1."sv, 0},
    {"1.e1"sv, 0},
    {"1e"sv, 0},
    {"1e+"sv, 0},
    {"1ee1"sv, 0},
    {"1e1.5"sv, 0},
    {"1.2.3"sv, 0},
    {"1-2"sv, 0},
    {"--1"sv, 0},
    {"1_000"sv, 0},
    {"1a"sv, 0},
    {"1\"a\""sv, 0},
    {"-Infinity"sv, 0},
    {"-a"sv, 0},
    {"[1 000]"sv, 3},
    {"\xEF\xBC\x91"sv, 0},  // FULLWIDTH DIGIT ONE
    // strings
    {R"(")"sv, 0},
    {R"("a)"sv, 0},
    {R"(["a)"sv, 1},
    {R"(["a])"sv, 1},
    {R"("\")"sv, 0},
    {R"("\\\")"sv, 0},
    {R"("\a")"sv, 1},
    {R"("\0")"sv, 1},
    {R"("\x41")"sv, 1},
    {R"("\'")"sv, 1},
    {R"("\U0041")"sv, 1},
    {R"("\u")"sv, 1},
    {R"("\u1")"sv, 1},
    {R"("\u12")"sv, 1},
    {R"("\u123")"sv, 1},
    {R"("\u12G4")"sv, 1},
    {R"("\u 123")"sv, 1},
    {R"("\uD834\u12")"sv, 7},
    {R"({"\x":1})"sv, 2},
    {"\"a\nb\""sv, 2},
    {"\"a\tb\""sv, 2},
    {"\"\x01\""sv, 1},
    {"\"\x1F\""sv, 1},
    {"\"a\0b\""sv, 2},
    {"[\"a\\\nb\"]"sv, 4},
    // bytes that are no UTF-8
    {"\"\xFF\""sv, 1},
    {"\"\x80\""sv, 1},
    {"\"\xC0\x80\""sv, 1},          // overlong
    {"\"\xE0\x80\x80\""sv, 1},      // overlong
    {"\"\xF0\x80\x80\x80\""sv, 1},  // overlong
    {"\"\xED\xA0\x80\""sv, 1},      // a surrogate
    {"\"\xF4\x90\x80\x80\""sv, 1},  // above U+10FFFF
    {"\"\xF8\x88\x80\x80\x80\""sv, 1},
    {"\"\xC3\""sv, 1},
    {"\"\xE2\x82\""sv, 1},
    {"\"ab\xE2\x82\"c\""sv, 3},
    {"{\"\xFF\":1}"sv, 2},
    {"\xFF"sv, 0},
    {"[\xC3\xA9]"sv, 1},
    // bytes between tokens
    {"[1\0]"sv, 1},
    {"\0"sv, 0},
    {"[\x0C]"sv, 1},
    {"[1\x0C]"sv, 1},
    {"[\"a\"\x0C]"sv, 4},
    {"[\"a\"\x0C\"b\"]"sv, 4},
    {"{\"a\"\x1A"
     "1}"sv,
     4},
    {"[1,\xC2\xA0"
     "2]"sv,
     3},  // a no-break space is no white space
    {"[1]\0"sv, 3},
    {"\xEF\xBB\xBF\xEF\xBB\xBF{}"sv, 3},
    {"[]\xEF\xBB\xBF"sv, 2},
    {"\xFE\xFF\0[\0]"sv, 0},  // UTF-16
    // what other notations allow
    {"[1] // end"sv, 4},
    {"/* a */ 1"sv, 0},
    {"[1,/*x*/2]"sv, 3},
    {"# 1\n1"sv, 0},
    {"[\\\"a\"]"sv, 1},
    {"\\u005B]"sv, 0},
    {"<null>"sv, 0},
    {"[*]"sv, 1},
    {"*"sv, 0},
    {"{\"a\":b}"sv, 5},
    {"{\"a\":\"b\",#}"sv, 9},
};

TEST(JsonGrammar, AcceptsWhatTheStandardAllows) {
  for (const auto text : accepted) {
    const parsed document(text);
    EXPECT_FALSE(document.error) << text << ": " << document.error->reason << " at "
                                 << document.error->offset;
  }
}

TEST(JsonGrammar, RefusesWhatTheStandardForbidsAndNamesThePlace) {
  for (const auto& [text, offset] : refused) {
    const parsed document(text);
    ASSERT_TRUE(document.error) << text;
    EXPECT_EQ(document.error->offset, offset) << text << ": " << document.error->reason;
    EXPECT_FALSE(document.error->reason.empty());
  }
}

// A fault wherever the first pass changes from one block of 64 bytes to the next.
TEST(JsonGrammar, JudgesAlikeWhereverInABlockTheFaultLies) {
  for (std::size_t pad = 0; pad < 140; ++pad) {
    const std::string spaces(pad, ' ');
    for (const auto& [text, offset] : refused) {
      if (text.find_first_not_of(" \n\t\r") == std::string_view::npos ||
          text.starts_with("\xEF\xBB\xBF")) {
        continue;
      }
      const parsed document(spaces + std::string(text));
      ASSERT_TRUE(document.error) << pad << ' ' << text;
      EXPECT_EQ(document.error->offset, pad + offset) << pad << ' ' << text;
    }
    for (const auto text : accepted) {
      if (text.starts_with("\xEF\xBB\xBF")) continue;
      EXPECT_FALSE(parsed(spaces + std::string(text)).error) << pad << ' ' << text;
    }
  }
}

TEST(JsonGrammar, RefusesEveryDocumentCutShort) {
  const std::string whole =
      R"({"a":[1,2.5e3,{"b":null,"c":[true,false,"x\u00e9\n"]}],"d":{},"e":[]})";
  ASSERT_FALSE(parsed(whole).error);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_TRUE(parsed(whole.substr(0, length)).error) << length;
  }
}

TEST(JsonGrammar, ReasonsAreExactWhereMoreContainersOpenThanAnyValidDocumentHas) {
  const parsed document("[[[[[[[[[[[[ x");
  ASSERT_TRUE(document.error);
  EXPECT_EQ(document.error->offset, 13u);
}

}  // namespace
}  // namespace weir::json
