#include "weir/gateway/expression/template.hpp"

#include <gtest/gtest.h>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

std::optional<std::string> environment_of_tests(std::string_view name) {
  if (name == "HOST") return "db.example";
  if (name == "EMPTY") return "";
  if (name == "SLY") return "${user.name} $${x} ${HOST}";
  if (name == "A1_B") return "underscore";
  return std::nullopt;
}

std::string expanded(std::string_view text) {
  const auto out = expand_environment(text, environment_of_tests);
  if (out) return *out;
  std::string all;
  for (const auto& wrong : out.error()) {
    all += std::to_string(wrong.offset) + "+" + std::to_string(wrong.length) + ": " +
           wrong.message + ";";
  }
  return all;
}

TEST(EnvironmentText, PutsInValuesDefaultsAndLiterals) {
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("${HOST}"), "db.example");
  EXPECT_EQ(expanded("http://${HOST}:${PORT:-5432}/${A1_B}"), "http://db.example:5432/underscore");
  EXPECT_EQ(expanded("[${EMPTY}]"), "[]");
  EXPECT_EQ(expanded("${EMPTY:-x}"), "x");
  EXPECT_EQ(expanded("${NONE:-}"), "");
  EXPECT_EQ(expanded("${NONE:-a{b}c}d"), "a{b}cd");
  EXPECT_EQ(expanded("${HOST:?needed}"), "db.example");
  EXPECT_EQ(expanded("$${HOST}"), "${HOST}");
  EXPECT_EQ(expanded("$ $$ $x $HOST }"), "$ $$ $x $HOST }");
}

TEST(EnvironmentText, NeverExpandsWhatItPutIn) {
  EXPECT_EQ(expanded("<${SLY}>"), "<${user.name} $${x} ${HOST}>");
  EXPECT_EQ(expanded("${NONE:-${HOST}}"), "${HOST}");
}

TEST(EnvironmentText, ReportsEveryProblemWithItsPlace) {
  EXPECT_EQ(expanded("a ${NONE} b ${NOPE:?say which}"),
            "2+7: the environment has no 'NONE';12+18: the environment has no 'NOPE': say which;");
  EXPECT_EQ(expanded("${EMPTY:?must not be empty}"),
            "0+27: the environment has no 'EMPTY': must not be empty;");
  EXPECT_EQ(expanded("x${HOST"), "1+2: this '${' is never closed;");
  EXPECT_EQ(expanded("${HOST=1}"), "6+2: this cannot stand behind a variable of the environment;");
  EXPECT_EQ(expanded("${HOST.x}"), "6+2: this cannot stand behind a variable of the environment;");
  EXPECT_EQ(expanded("a ${user}"), "2+2: no expression may stand here;");
  EXPECT_EQ(expanded("a ${User}"), "2+2: no expression may stand here;");
  EXPECT_EQ(expanded("${"), "0+2: no expression may stand here;");
}

// The value of a template over {user: {…}}, with its type.
std::string evaluated(std::string_view text) {
  const auto parsed = parse_template(text, environment_of_tests);
  if (!parsed) return "problem: " + parsed.error()[0].message;
  const auto compiled = compile(*parsed, [](std::string_view name) -> std::optional<std::uint16_t> {
    if (name != "user") return std::nullopt;
    return 0;
  });
  if (!compiled) return "problem: " + compiled.error()[0].message;
  arena memory;
  json::parser reader;
  const auto user = reader.parse(
      R"({"name":"Ann","note":"caf\u00e9","age":41,"price":10.00,"ok":true,"tags":["a", 1],"no":null})",
      memory);
  const value slots[] = {value::json(*user)};
  const value out = compiled->evaluate({slots, &memory, nullptr, {}});
  if (out.is_error()) return "error: " + std::string(out.as_error()->message);
  if (out.is_missing()) return "missing";
  std::string json;
  json::writer to(json);
  write_json(out, to, memory);
  return std::string(name_of(out.get_type())) + " " + json;
}

TEST(TextTemplate, OneExpressionAloneKeepsItsType) {
  EXPECT_EQ(evaluated("${user.age}"), "int 41");
  EXPECT_EQ(evaluated("${user.tags}"), R"(list ["a", 1])");
  EXPECT_EQ(evaluated("${user.note}"), R"(string "caf\u00e9")");
  EXPECT_EQ(evaluated("${user.no}"), "null_type null");
  EXPECT_EQ(evaluated("${user.none}"), "missing");
  EXPECT_EQ(evaluated("${user.none ?? {}}"), "map {}");
  EXPECT_EQ(evaluated("${ {'a': '}'} }"), R"(map {"a":"}"})");
}

TEST(TextTemplate, InsideOtherTextItBecomesText) {
  EXPECT_EQ(evaluated("a ${user.age}"), R"(string "a 41")");
  EXPECT_EQ(evaluated("${user.age} "), R"(string "41 ")");
  EXPECT_EQ(evaluated("${user.name}${user.age}"), R"(string "Ann41")");
  EXPECT_EQ(evaluated("${user.name}, ${user.note}: ${user.price} ${user.ok} ${user.tags}!"),
            "string \"Ann, caf\xC3\xA9: 10.00 true [\\\"a\\\", 1]!\"");
  EXPECT_EQ(evaluated("${'a'}-${1.5}-${2u}-${[1,{'x':null}]}-${b'y'}"),
            R"(string "a-1.5-2-[1,{\"x\":null}]-y")");
}

TEST(TextTemplate, APartThatIsNullOrMissingMakesTheWholeSo) {
  EXPECT_EQ(evaluated("a ${user.no} b"), "null_type null");
  EXPECT_EQ(evaluated("a ${user.none} b"), "missing");
  EXPECT_EQ(evaluated("${user.no}${user.none}"), "missing");
  EXPECT_EQ(evaluated("${user.none}${user.no}"), "missing");
  EXPECT_EQ(evaluated("a ${user.no ?? ''} b"), R"(string "a  b")");
  EXPECT_EQ(evaluated("${user.none}${1 / 0}"), "error: division by zero");
  EXPECT_EQ(evaluated("a ${b'\\xff'}"), "error: these bytes are no UTF-8 text");
}

TEST(TextTemplate, LiteralsAndTheEnvironmentAreText) {
  EXPECT_EQ(evaluated("no slots"), R"(string "no slots")");
  EXPECT_EQ(evaluated(""), R"(string "")");
  EXPECT_EQ(evaluated("$${user.name} ${user.name}"), R"(string "${user.name} Ann")");
  EXPECT_EQ(evaluated("${HOST} ${user.name} ${PORT:-80}"), R"(string "db.example Ann 80")");
  EXPECT_EQ(evaluated("${SLY}${user.age}"), R"(string "${user.name} $${x} ${HOST}41")");
  EXPECT_EQ(parse_template("${HOST}:1", environment_of_tests)->literal(), "db.example:1");
  EXPECT_EQ(parse_template("", environment_of_tests)->literal(), "");
  EXPECT_FALSE(parse_template("${user}", environment_of_tests)->literal());
  EXPECT_EQ(parse_template("${user}", environment_of_tests)->single()->text(), "user");
  EXPECT_EQ(parse_template(" ${user}", environment_of_tests)->single(), nullptr);
  EXPECT_EQ(parse_template("${HOST}", environment_of_tests)->single(), nullptr);
}

TEST(TextTemplate, ANameThatBeginsLikeTheEnvironmentButIsNoneIsAnExpression) {
  EXPECT_EQ(evaluated("${Foo}"), "problem: there is no name 'Foo'");
  EXPECT_EQ(evaluated("${FOO}"), "problem: the environment has no 'FOO'");
}

TEST(TextTemplate, OffsetsCountFromTheBeginningOfTheScalar) {
  const auto parsed = parse_template("ab ${user.} cd", nullptr);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error()[0].offset, 10u);
  type_environment names;
  names.add("user");
  const auto out = check(*parse_template("${user} ${usr} ${1 + 'a'}", nullptr), names);
  ASSERT_EQ(out.problems.size(), 2u);
  EXPECT_EQ(out.problems[0].offset, 10u);
  EXPECT_EQ(out.problems[0].suggestion, "did you mean 'user'?");
  EXPECT_EQ(out.problems[1].offset, 19u);
  EXPECT_EQ(out.roots, (std::set<std::string, std::less<>>{"user"}));
}

TEST(TextTemplate, TheTypeOfAMixtureIsText) {
  type_environment names;
  names.add("n", static_type::number());
  EXPECT_EQ(check(*parse_template("${n}", nullptr), names).result.may_be(), numbers);
  EXPECT_EQ(check(*parse_template("a${n}", nullptr), names).result.may_be(), bit(type::text));
}

TEST(TextTemplate, CompilesIntoPartsForThoseWhoRenderThemSelves) {
  const auto parsed = parse_template("/users/${user.age}/x${user.name}", nullptr);
  const auto compiled =
      compile(*parsed, [](std::string_view) { return std::optional<std::uint16_t>(3); });
  ASSERT_TRUE(compiled);
  ASSERT_EQ(compiled->parts().size(), 2u);
  EXPECT_EQ(compiled->parts()[0].literal, "/users/");
  EXPECT_EQ(compiled->parts()[0].slot->text(), "user.age");
  EXPECT_EQ(compiled->parts()[1].literal, "/x");
  EXPECT_EQ(compiled->slots(), std::vector<std::uint16_t>{3});
  EXPECT_FALSE(compiled->is_constant());
  EXPECT_FALSE(compiled->is_single());
  EXPECT_TRUE(text_program::constant("x").is_constant());
  EXPECT_TRUE(text_program().is_constant());
}

}  // namespace
}  // namespace weir::gateway::expression
