#include "weir/gateway/expression/program.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

constexpr error_info given_twice{error_kind::request, "query.x stands twice"};

// Headers as a request has them: found only when asked for.
class headers_source final : public object_source {
 public:
  value find(std::string_view name, arena&) const override {
    ++asked;
    if (name == "accept") return value::text("text/html");
    if (name == "twice") return value::error(given_twice);
    if (name == "nested") return value::source(*this);
    return value::missing();
  }
  value all(arena& memory) const override {
    ++made_whole;
    const auto entries = memory.make_array<map_entry>(1);
    entries[0] = {value::text("accept"), value::text("text/html")};
    return value::map(entries);
  }
  mutable int asked = 0;
  mutable int made_whole = 0;
};

std::optional<std::uint16_t> by_letter(std::string_view name) {
  return static_cast<std::uint16_t>(name[0] - 'a');
}

TEST(ExpressionProgram, ReadsItsNamesFromTheSlots) {
  const auto made = compile(*parse("c + a + c"), by_letter);
  ASSERT_TRUE(made);
  EXPECT_EQ(std::vector(made->slots().begin(), made->slots().end()),
            (std::vector<std::uint16_t>{0, 2}));
  EXPECT_EQ(made->text(), "c + a + c");
  arena memory;
  const value slots[] = {value::integer(1), value::null(), value::integer(20)};
  EXPECT_EQ(made->evaluate({slots, &memory, nullptr, {}}).as_int64(), 41);
}

TEST(ExpressionProgram, ASlotThatIsNotThereIsMissing) {
  arena memory;
  EXPECT_TRUE(compile(*parse("z"), by_letter)->evaluate({{}, &memory, nullptr, {}}).is_missing());
}

TEST(ExpressionProgram, OneMadeByDefaultIsNull) {
  arena memory;
  EXPECT_TRUE(program().evaluate({{}, &memory, nullptr, {}}).is_null());
  EXPECT_TRUE(program().slots().empty());
}

TEST(ExpressionProgram, RefusesNamesThatHaveNoSlot) {
  const auto made =
      compile(*parse("1 + nope + nix"), [](std::string_view) { return std::nullopt; });
  ASSERT_FALSE(made);
  ASSERT_EQ(made.error().size(), 2u);
  EXPECT_EQ(made.error()[0].offset, 4u);
  EXPECT_EQ(made.error()[0].length, 4u);
}

TEST(ExpressionProgram, AsksASourceForWhatIsNeededAlone) {
  const headers_source headers;
  const std::map<std::string, value> names{{"headers", value::source(headers)}};
  EXPECT_EQ(run("headers.accept", names), R"(string "text/html")");
  EXPECT_EQ(run("headers['accept'] == 'text/html'", names), "bool true");
  EXPECT_EQ(run("headers.other", names), "missing 'other'");
  EXPECT_EQ(run("headers.other ?? 'none'", names), R"(string "none")");
  EXPECT_EQ(run("has(headers.accept) && !has(headers['x-other'])", names), "bool true");
  EXPECT_EQ(run("'accept' in headers && !('other' in headers)", names), "bool true");
  EXPECT_EQ(run("headers.nested.nested.accept.size()", names), "int 9");
  EXPECT_EQ(headers.made_whole, 0);
  EXPECT_EQ(run("headers", names), R"(map {"accept":"text/html"})");
  EXPECT_EQ(run("size(headers)", names), "int 1");
  EXPECT_EQ(run("headers.map(h, h)", names), R"(list ["accept"])");
  EXPECT_EQ(run("headers == {'accept': 'text/html'}", names), "bool true");
  EXPECT_EQ(run("{'accept': 'text/html'} == headers", names), "bool true");
  EXPECT_EQ(run("type(headers) == map", names), "bool true");
  EXPECT_GT(headers.made_whole, 0);
}

TEST(ExpressionProgram, AnErrorOfASourceIsTheResultAndKeepsItsKind) {
  const headers_source headers;
  const value slots[] = {value::source(headers)};
  arena memory;
  for (const auto text : {"a.twice", "a['twice']", "a.twice ?? 1", "has(a.twice)",
                          "size(a.twice) + 1", "'twice' in a", "[a.twice]", "{'x': a.twice}"}) {
    const value out = compile(*parse(text), by_letter)->evaluate({slots, &memory, nullptr, {}});
    ASSERT_TRUE(out.is_error()) << text;
    EXPECT_EQ(out.as_error()->kind, error_kind::request) << text;
  }
}

TEST(ExpressionProgram, SaysWhatKindOfErrorItIs) {
  const auto kind_of = [](std::string_view text, const evaluation_limits& limits = {}) {
    arena memory;
    const value slots[] = {value::missing("a")};
    const value out = compile(*parse(text), by_letter)->evaluate({slots, &memory, nullptr, limits});
    return out.is_error() ? std::optional(out.as_error()->kind) : std::nullopt;
  };
  EXPECT_EQ(kind_of("1 / 0"), error_kind::arithmetic);
  EXPECT_EQ(kind_of("1 + 'a'"), error_kind::wrong_type);
  EXPECT_EQ(kind_of("int('x')"), error_kind::bad_value);
  EXPECT_EQ(kind_of("a + 1"), error_kind::absent);
  EXPECT_EQ(kind_of("1 + 1", {.steps = 2}), error_kind::limit);
  EXPECT_EQ(kind_of("1"), std::nullopt);
}

TEST(ExpressionProgram, WritesTheTimeOfTheClockItIsGiven) {
  EXPECT_EQ(run("clock('%M:%S')"), R"(string "04:05")");
  EXPECT_EQ(run("clock('%Y-%m-%d %H %j %a 100%%')"), R"(string "2024-01-02 03 002 Tue 100%")");
  EXPECT_EQ(run("clock('')"), R"(string "")");
  EXPECT_EQ(run("clock(null)"), "null_type null");
  EXPECT_EQ(run("clock('%')"), "error: 'clock' needs a format such as '%H:%M:%S'");
  EXPECT_EQ(run("clock('%1000000d')"), "error: 'clock' needs a format such as '%H:%M:%S'");
  EXPECT_EQ(run("clock('" + std::string(101, 'x') + "')"),
            "error: 'clock' needs a format such as '%H:%M:%S'");
  arena memory;
  EXPECT_TRUE(
      compile(*parse("clock('%M')"), by_letter)->evaluate({{}, &memory, nullptr, {}}).is_error());
}

TEST(ExpressionProgram, ThreadsShareIt) {
  const auto made = *compile(*parse("a.map(x, x * 2).filter(x, x > 4)"), by_letter);
  const auto work = [&made] {
    arena memory;
    const value items[] = {value::integer(1), value::integer(2), value::integer(3)};
    const value slots[] = {value::list(items)};
    for (int i = 0; i < 2000; ++i) {
      memory.reset();
      const program copy = made;
      const value out = copy.evaluate({slots, &memory, nullptr, {}});
      ASSERT_EQ(out.list_here().size(), 1u);
      ASSERT_EQ(out.list_here()[0].as_int64(), 6);
    }
  };
  std::thread other(work);
  work();
  other.join();
}

}  // namespace
}  // namespace weir::gateway::expression
