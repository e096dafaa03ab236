// What CEL's specification demands of the part of it that is supported here, case by case. Results
// are "type JSON"; what CEL makes an error for a member or an index that is not there is missing.
#include <gtest/gtest.h>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

struct sample {
  std::string_view text;
  std::string_view gives;
};

void expect_all(std::span<const sample> all) {
  for (const auto& [text, gives] : all) EXPECT_EQ(run(text), gives) << text;
}

void expect_true(std::initializer_list<std::string_view> all) {
  for (const auto text : all) EXPECT_EQ(run(text), "bool true") << text;
}

void expect_false(std::initializer_list<std::string_view> all) {
  for (const auto text : all) EXPECT_EQ(run(text), "bool false") << text;
}

void expect_error(std::initializer_list<std::string_view> all) {
  for (const auto text : all)
    EXPECT_TRUE(run(text).starts_with("error: ")) << text << ": " << run(text);
}

TEST(CelCases, Literals) {
  constexpr sample all[] = {
      {"0", "int 0"},
      {"0u", "uint 0"},
      {"7U", "uint 7"},
      {"0.0", "double 0"},
      {"0e+0", "double 0"},
      {"-2.3e+1", "double -23"},
      {"''", R"(string "")"},
      {R"("")", R"(string "")"},
      {R"(r"")", R"(string "")"},
      {R"(r"""""")", R"(string "")"},
      {"r''''''", R"(string "")"},
      {"b''", R"(bytes "")"},
      {"true", "bool true"},
      {"null", "null_type null"},
      {"[]", "list []"},
      {"{}", "map {}"},
      {"-9223372036854775808", "int -9223372036854775808"},
      {"9223372036854775807", "int 9223372036854775807"},
      {"18446744073709551615u", "uint 18446744073709551615"},
      {"0x55555555", "int 1431655765"},
      {"-0x55555555", "int -1431655765"},
      {"0xFFFFFFFFFFFFFFFFu", "uint 18446744073709551615"},
      {"'\\''", R"(string "'")"},
      {R"("\u270c")", "string \"\xE2\x9C\x8C\""},
      {R"("\U0001f431")", "string \"\xF0\x9F\x90\xB1\""},
      {R"('\x41\101\?\`')", R"(string "AA?`")"},
      {R"('\a\v')", "string \"\\u0007\\u000b\""},
      {R"(r'\n\'' )", "problem: this string has no end"},
      {R"('''a'b''c''')", R"(string "a'b''c")"},
      {"'''two\nlines'''", R"(string "two\nlines")"},
      {R"(b'\000\xff\u0041')", "problem: bytes have no such escape: write \\x"},
      {R"(b'\000\xff')", R"(bytes "AP8=")"},
      {"[-1]", "list [-1]"},
      {R"({"k":"v"})", R"(map {"k":"v"})"},
      {"{1: 'a', true: 'b', 2u: 'c'}", R"(map {"1":"a","true":"b","2":"c"})"},
      {"1e-324 / 2.0", "double 0"},
  };
  expect_all(all);
}

TEST(CelCases, WholeNumbers) {
  constexpr sample all[] = {
      {"40 + 2", "int 42"},
      {"42 + (-7)", "int 35"},
      {"-4 + (-2)", "int -6"},
      {"42 - (-22)", "int 64"},
      {"-42 - (-12)", "int -30"},
      {"40 * (-2)", "int -80"},
      {"-80 / (-2)", "int 40"},
      {"-20 / 2", "int -10"},
      {"47 % 5", "int 2"},
      {"43 % (-5)", "int 3"},
      {"-42 % (-5)", "int -2"},
      {"-3 % 5", "int -3"},
      {"-(42)", "int -42"},
      {"-(-42)", "int 42"},
      {"- -42", "int 42"},
      {"-(0)", "int 0"},
      {"42u + 2u", "uint 44"},
      {"42u - 12u", "uint 30"},
      {"60u / 2u", "uint 30"},
      {"42u % 5u", "uint 2"},
      {"15 / 0", "error: division by zero"},
      {"34 % 0", "error: modulus by zero"},
      {"15u / 0u", "error: division by zero"},
      {"34u % 0u", "error: modulus by zero"},
  };
  expect_all(all);
  expect_error(
      {"9223372036854775807 + 1", "-9223372036854775808 - 1", "-9223372036854775808 + (-1)",
       "1 - (-9223372036854775807)", "-(-9223372036854775808)", "(-9223372036854775808) * -1",
       "(-9223372036854775808) / -1", "(-9223372036854775808) % -1", "5000000000 * 5000000000",
       "(-5000000000) * 5000000000", "18446744073709551615u + 1u", "0u - 1u",
       "5000000000u * 5000000000u", "-(5u)", "-false", "-'a'", "1 + 1u"});
  expect_true({"75 + 15 == 15 + 75", "15 * (23 * 88) == (15 * 23) * 88",
               "5 * (15 + 25) == 5 * 15 + 5 * 25"});
}

TEST(CelCases, Doubles) {
  constexpr sample all[] = {
      {"4.25 + 15.25", "double 19.5"},
      {"17.75 + (-7.75)", "double 10"},
      {"42.875 - (-22.0)", "double 64.875"},
      {"42.5 * 0.2", "double 8.5"},
      {"40.75 * (-2.25)", "double -91.6875"},
      {"0.0625 / 0.002", "double 31.25"},
      {"-8.875 / (-0.0625)", "double 142"},
      {"-(4.5)", "double -4.5"},
      {"-(0.0)", "double -0"},
      {"15.75 / 0.0", "double null"},
      {"2.0 * 8.988466e+307", "double null"},
  };
  expect_all(all);
  expect_error({"47.5 % 5.5", "1.0 % 2"});
  expect_true({"15.75 / 0.0 > 1e308", "0.0 / 0.0 != 0.0 / 0.0",
               "5.75 * (1.5 + 2.5) == 5.75 * 1.5 + 5.75 * 2.5"});
}

TEST(CelCases, Equality) {
  expect_true({"1 == 1",
               "dyn(1) == 1u",
               "dyn(1) == 1.0",
               "2u == 2u",
               "dyn(1u) == 1.0",
               "1.0 == 1.0e+0",
               "'' == \"\"",
               "'abc' == r'abc'",
               "null == null",
               "true == true",
               "b'\\303\\277' == b'\xC3\xBF'",
               "[] == []",
               "[null] == [null]",
               "[1.0, 2.0, 3] == [1u, 2, 3u]",
               "{} == {}",
               "{'k': null} == {'k': null}",
               "{'k':'v'} == {\"k\":\"v\"}",
               "{1: 1.0, 2u: 3u} == {1u: 1, 2: 3.0}",
               "{'k1':'v1','k2':'v2'} == {'k2':'v2','k1':'v1'}",
               "1.0 == 1",
               "[1] == [1.0]",
               "24 != 42",
               "dyn(24) != 24.1",
               "0.0/0.0 != 0.0/0.0",
               "dyn(1) != 0.0/0.0",
               "'a' != 'b'",
               "[] != [1]",
               "[false] != [true]",
               "{'k':true} != {'k1':true}",
               "-0.0 == 0.0"});
  expect_false({"-1 == 1",
                "dyn(2) == 1u",
                "dyn(2) == 1.0",
                "0.0/0.0 == 0.0/0.0",
                "dyn(1u) == 0.0/0.0",
                "'a' == 'b'",
                "'abc' == 'ABC'",
                "'Am\\u00E9lie' == 'Ame\\u0301lie'",
                "b'abc' == b'abcd'",
                "['1', '2', null] == ['1', '2', '3']",
                "[1.0, 2.1] == [1u, 2]",
                "[1, 2, 3] == [1, 3, 2]",
                "['one'] == [2, 3]",
                "[1, 'dos', 3] == [1, 2, 4]",
                "{'k': 1, 'j': 2} == {'k': 1, 'j': null}",
                "{'k':'v','k1':'v1'} == {'k':'v'}",
                "dyn(false) == null",
                "dyn('') == null",
                "dyn([]) == null",
                "dyn(1) == '1'",
                "dyn(1) == true",
                "[0.0/0.0] == [0.0/0.0]",
                "1 != 1",
                "dyn(1) != 1.0",
                "null != null",
                "[[]] != [[]]"});
}

TEST(CelCases, Order) {
  expect_true({"-1 < 0",
               "0u < 1u",
               "1.0 < 1.0000001",
               "'a' < 'b'",
               "'' < 'a'",
               "'Abc' < 'aBC'",
               "'abc' < 'abcd'",
               "'a' < '\\u00E1'",
               "'f' < '\\u1EBF'",
               "b'a' < b'b'",
               "false < true",
               "dyn(1) < 2u",
               "dyn(1) < 2.0",
               "dyn(1u) < 2",
               "dyn(1.0) < 2u",
               "dyn(1) < 9223372036854775808u",
               "dyn(-1) < 0u",
               "dyn(9223372036854775807) < 9223372036854777857.0",
               "dyn(18446744073709551615u) < 18446744073709590000.0",
               "48u > 46u",
               "1e+1 > 1e+0",
               "'A' > ''",
               "b'\\x00' > b''",
               "true > false",
               "dyn(2) > 1u",
               "dyn(9223372036854775808u) > 1",
               "1 <= 1",
               "0.0 <= 0e-1",
               "'' <= ''",
               "dyn(9223372036854775807) <= 9223372036854775808.0",
               "999 >= 999",
               "'abcd' >= 'abc'",
               "true >= true",
               "dyn(2.0) >= 1u"});
  expect_false({"0 < 0", "2u < 2u", "-0.0 < 0.0", "'' < ''", "'a' < 'AB'", "true < true",
                "dyn(9223372036854775807) < 9223372036854775808.0",
                "dyn(1u) < -9223372036854775808", "dyn(18446744073709551615u) < -1.0",
                "dyn(-9223372036854775808) < -9223372036854775809.0", "0.0/0.0 < 1.0",
                "0.0/0.0 >= 1.0", "1 <= -1", "'abc' >= 'abd'", "false >= true"});
  expect_error({"[0] < [1]", "{0:'a'} < {1:'b'}", "null < null", "'foo' < 1024", "null >= null",
                "true < 1", "b'a' < 'b'"});
}

TEST(CelCases, Logic) {
  expect_true({"true && true", "true || false", "false || true", "true || 32", "'horses' || true",
               "true || (2 / 0 > 3 ? false : true)", "(2 / 0 > 3 ? false : true) || true",
               "!false"});
  expect_false({"false && true", "true && false", "false && 32", "'horses' && false",
                "false && (2 / 0 > 3 ? false : true)", "(2 / 0 > 3 ? false : true) && false",
                "!true"});
  expect_error({"true && 1/0 != 0", "1/0 != 0 && true", "'a' && 'b'", "false || 1/0 != 0",
                "1/0 != 0 || false", "'a' || 'b'", "!0", "!null", "'cows' ? false : 17",
                "2 / 0 > 4 ? 'baz' : 'quux'", "null && true"});
  constexpr sample all[] = {{"true ? 1 : 2", "int 1"},
                            {"false ? 'foo' : 'bar'", R"(string "bar")"},
                            {"true ? 'cows' : 1/0", R"(string "cows")"},
                            {"false ? 1 : true ? 2 : 3", "int 2"}};
  expect_all(all);
}

TEST(CelCases, Lists) {
  constexpr sample all[] = {
      {"[7, 8, 9][0]", "int 7"},
      {"[7, 8, 9][dyn(0.0)]", "int 7"},
      {"[7, 8, 9][dyn(0u)]", "int 7"},
      {"[7, 8, 9][dyn(0.1)]", "error: a list is indexed by a whole number, not double"},
      {"[1, 2, 3][dyn('')]", "error: a list is indexed by a whole number, not string"},
      {"[1, 2, 3][3]", "missing '[3]'"},
      {"[1, 2, 3][-1]", "missing '[-1]'"},
      {"[1, 2, 3][18446744073709551615u]", "missing '[18446744073709551615]'"},
      {"dyn([1, 2, 3][3]) || true", "bool true"},
      {"[2] + [2]", "list [2,2]"},
      {"[] + []", "list []"},
      {"[1, 2] + []", "list [1,2]"},
      {"size([])", "int 0"},
      {"size([1, 2, 3])", "int 3"},
      {"[1, 2,]", "list [1,2]"},
  };
  expect_all(all);
  expect_true({"[0, 1] + [3, 4] == [0, 1, 3, 4]", "4u in [4u]", "'alpha' in ['alpha', 'beta']",
               "dyn(3.0) in [5, 4, 3]", "dyn(3) in [5u, 3u]", "null in [null]"});
  expect_false({"7 in []", "'x' in ['y']", "[0, 1] + [3, 4] == [3, 4, 0, 1]"});
  expect_error({"1 in 1", "1 in null", "'a' in 'abc'"});
}

TEST(CelCases, Maps) {
  constexpr sample all[] = {
      {"{0:1,2:2,5:true}[5]", "bool true"},
      {"{0u:1u,2u:'happy',5u:3u}[2u]", R"(string "happy")"},
      {"{'name':100u}['name']", "uint 100"},
      {"{true:5}[true]", "int 5"},
      {"{1u: 1.0, 2: 2.0, 3u: 3.0}[3.0]", "double 3"},
      {"{1u: 1.0, 2: 2.0}[2u]", "double 2"},
      {"{1u: 1.0}[3.1]", "missing '[3.1]'"},
      {"{0:1,2:2}[1]", "missing '[1]'"},
      {"dyn({0:1}[1]) || true", "bool true"},
      {"{true:null}[true]", "null_type null"},
      {"{'map': {'k': 'v'}}['map']", R"(map {"k":"v"})"},
      {"{'a': 1}.a", "int 1"},
      {"{'a': 1}.b", "missing 'b'"},
      {"size({})", "int 0"},
      {"size({1: 'one', 2: 'two'})", "int 2"},
      {"{'as': 1}.as", "int 1"},
      {"{'in': 1}.in", "int 1"},
      {"{'null': 1}.null", "int 1"},
  };
  expect_all(all);
  expect_true({"has({'a': 1, 'b': 2}.a)", "true in {true: 1}",
               "'George' in {'John': 1, 'George': 2}",
               "3.0 in {1: 1, 2: 2, 3u: 3} && 2u in {1u: 1, 2: 2} && 1 in {1u: 1, 2: 2}"});
  expect_false({"has({'a': 1, 'b': 2}.c)", "has({}.a)", "7 in {}", "'spider' in {'ant': 6}",
                "3.1 in {1: 1, 3u: 3}"});
  expect_error({"{3.3: 15.15, 1.0: 5}[1.0]", "{null: false}[null]",
                "{true: 1, false: 2, true: 3}[true]", "{0: 1, 0u: 2}[0.0]", "{'a': 1}[null]",
                "{b'': 1}"});
}

TEST(CelCases, Macros) {
  expect_true({"[1, 2, 3].exists(e, e > 0)", "[1, 2, 3].exists(e, e == 2)",
               "[1, 'foo', 3].exists(e, e != '1')", "{'key1':1, 'key2':2}.exists(k, k == 'key2')",
               "{'key':1, 1:21}.exists(k, k != 2)", "[1, 2, 3].all(e, e > 0)", "[].all(e, e > 0)",
               "[7].exists_one(a, a == 7)", "[6, 7, 8].exists_one(foo, foo % 5 == 2)",
               "{6: 'six', 7: 'seven', 8: 'eight'}.exists_one(foo, foo % 5 == 2)",
               "{'John': 'smart'}.map(key, key) == ['John']",
               "['signer'].all(signer, ['artifact'].all(artifact, true))",
               "{'J': 1, 'R': 2}.filter(key, key == 'R') == ['R']", "[1, 0].exists(e, 1 / e == 1)",
               "[0, 1].exists(e, 1 / e == 1)"});
  expect_false({"[1, 2, 3].exists(e, e > 3)", "[].exists(e, e == 2)", "[1, 2, 3].all(e, e == 2)",
                "[1, 'foo', 3].all(e, e == 1)", "[1, 2, 3].all(e, 6 / (2 - e) == 6)",
                "[].exists_one(a, a == 7)", "[0, 1, 2, 3, 4].exists_one(n, n % 2 == 1)",
                "{'key1':1, 'key2':2}.all(k, k == 'key2')"});
  expect_error({"[1, 2, 3].exists(e, e / 0 == 17)", "[1, 'foo', 3].all(e, e % 2 == 1)",
                "[1, 2, 3].all(e, e / 0 != 17)", "[3, 2, 1, 0].exists_one(n, 12 / n > 1)",
                "[2, 1, 0].map(n, 4 / n)", "[3, 2, 1, 0].filter(n, 12 / n > 4)", "[1].all(e, e)",
                "[1].filter(e, 'x')", "(1).map(e, e)", "'abc'.map(e, e)"});
  constexpr sample all[] = {
      {"[].map(n, n / 2)", "list []"},
      {"[2, 4, 6].map(n, n / 2)", "list [1,2,3]"},
      {"[1, 2, 3].map(n, n > 1, n * 10)", "list [20,30]"},
      {"[0, 1, 2, 3, 4].filter(x, x % 2 == 1)", "list [1,3]"},
      {"[1].filter(n, n > 3)", "list []"},
      {"[1, 2].map(x, [3, 4].map(y, x * y))", "list [[3,4],[6,8]]"},
      {"[1, 2].map(x, [10].map(x, x))", "list [[10],[10]]"},
      {"[[1], [2]].map(x, x.map(y, y + x[0]))", "list [[2],[4]]"},
  };
  expect_all(all);
}

TEST(CelCases, Conversions) {
  constexpr sample all[] = {
      {"int(42u)", "int 42"},
      {"int(-123.456)", "int -123"},
      {"int(1.9)", "int 1"},
      {"int(-7.9)", "int -7"},
      {"int('987')", "int 987"},
      {"int('-987')", "int -987"},
      {"uint(1729)", "uint 1729"},
      {"uint(3.14159)", "uint 3"},
      {"uint('300')", "uint 300"},
      {"double(123u)", "double 123"},
      {"double('-987.654')", "double -987.654"},
      {"double('6.02214e23')", "double 6.02214e+23"},
      {"double('-0.0')", "double -0"},
      {"string(-456)", R"(string "-456")"},
      {"string(9876u)", R"(string "9876")"},
      {"string(123.456)", R"(string "123.456")"},
      {"string(-0.0045)", R"(string "-0.0045")"},
      {"string(true)", R"(string "true")"},
      {"string(b'abc')", R"(string "abc")"},
      {"string('x')", R"(string "x")"},
      {"bytes('abc')", R"(bytes "YWJj")"},
      {"bool('true')", "bool true"},
      {"bool('0')", "bool false"},
      {"bool(false)", "bool false"},
      {"type(true) == bool", "bool true"},
      {"type(1) == int && type(1u) == uint && type(1.0) == double", "bool true"},
      {"type('') == string && type(b'') == bytes", "bool true"},
      {"type(null) == null_type", "bool true"},
      {"type([]) == list && type({}) == map", "bool true"},
      {"type(type(1)) == type", "bool true"},
      {"type(dyn([1, 'one'])) == list", "bool true"},
      {"type(1) == type(1u)", "bool false"},
  };
  expect_all(all);
  expect_error({"int(18446744073709551615u)",
                "int(1e99)",
                "int(9223372036854775808.0)",
                "int(-9223372036854775808.0)",
                "int('x')",
                "int('')",
                "int('1.5')",
                "int(0.0 / 0.0)",
                "uint(-1)",
                "uint(-1.5)",
                "uint(18446744073709551616.0)",
                "uint('-1')",
                "double('x')",
                "double('')",
                "bool('maybe')",
                "bool('tRuE')",
                "string(b'\\000\\xff')",
                "int(true)",
                "string([])",
                "int(null) + 1"});
}

TEST(CelCases, Text) {
  expect_true({"'foobar'.startsWith('foo')", "'foobar'.startsWith('')", "''.startsWith('')",
               "'foobar'.endsWith('bar')", "'foobar'.contains('oba')", "'foobar'.contains('')",
               "''.contains('')", "'\xD0\xBB\xD0\xB6\xD1\x81'.contains('\xD0\xB6')",
               "'' + 'a' + '' == 'a'", "b'' + b'\\x01' == b'\\x01'"});
  expect_false({"'foobar'.startsWith('oof')", "''.startsWith('foo')", "'foobar'.endsWith('rab')",
                "''.contains('something')"});
  constexpr sample all[] = {
      {"size('')", "int 0"},
      {"size('A')", "int 1"},
      {"size('one two')", "int 7"},
      {"size('\xC3\xBF\xE2\x82\xAC\xF0\x9F\x90\xB1')", "int 3"},
      {"'abc'.size()", "int 3"},
      {"size(b'\xC3\xBF')", "int 2"},
      {"'TacoCat'.lowerAscii()", R"(string "tacocat")"},
      {"'tacoC\xC3\x86t'.upperAscii()", "string \"TACOC\xC3\x86T\""},
      {"'  \\f\\n\\u00a0\\u3000text\\t '.trim()", R"(string "text")"},
      {"'\\u180etext\\u200b'.trim() == '\\u180etext\\u200b'", "bool true"},
      {"'hello'.substring(0)", R"(string "hello")"},
      {"'tacocat'.substring(4)", R"(string "cat")"},
      {"'tacocat'.substring(0, 4)", R"(string "taco")"},
      {"'tacocat'.substring(4, 4)", R"(string "")"},
      {"'ta\xC2\xA9o\xC2\xA9\xCE\xB1T'.substring(2, 6)", "string \"\xC2\xA9o\xC2\xA9\xCE\xB1\""},
      {"'tacocat'.substring(40)", "error: 'substring' reaches beyond the text"},
      {"'tacocat'.substring(-1)", "error: 'substring' reaches beyond the text"},
      {"'tacocat'.substring(3, 2)", "error: 'substring' reaches beyond the text"},
      {"'12 days 12 hours'.replace('{0}', '2')", R"(string "12 days 12 hours")"},
      {"'{0} days {0} hours'.replace('{0}', '2')", R"(string "2 days 2 hours")"},
      {"'{0} days {0} hours'.replace('{0}', '2', 1)", R"(string "2 days {0} hours")"},
      {"'1 \xC2\xA9\xCE\xB1T taco'.replace('\xCE\xB1T', 'o\xC2\xA9\xCE\xB1T')",
       "string \"1 \xC2\xA9o\xC2\xA9\xCE\xB1T taco\""},
      {"'ab'.replace('', '-')", R"(string "-a-b-")"},
      {"'ab'.replace('', '-', 1)", R"(string "-ab")"},
      {"'aaa'.replace('aa', 'b')", R"(string "ba")"},
      {"'ab'.replace('a', 'x', 0)", R"(string "ab")"},
      {"'hello world'.split(' ')", R"(list ["hello","world"])"},
      {"'hello world events!'.split(' ', 0)", "list []"},
      {"'hello world events!'.split(' ', 1)", R"(list ["hello world events!"])"},
      {"'o\xC2\xA9o\xC2\xA9o'.split('\xC2\xA9', -1)", R"(list ["o","o","o"])"},
      {"'o\xC2\xA9z'.split('')", "list [\"o\",\"\xC2\xA9\",\"z\"]"},
      {"''.split('')", "list []"},
      {"''.split(',')", R"(list [""])"},
      {"',a,'.split(',')", R"(list ["","a",""])"},
      {"['x', 'y'].join()", R"(string "xy")"},
      {"['x', 'y'].join('-')", R"(string "x-y")"},
      {"['', '', ''].join('-')", R"(string "--")"},
      {"[].join('-')", R"(string "")"},
      {"['x', 1].join()", "error: 'join' needs a list of strings; it holds int"},
  };
  expect_all(all);
}

}  // namespace
}  // namespace weir::gateway::expression
