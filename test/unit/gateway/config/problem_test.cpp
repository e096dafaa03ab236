#include "weir/gateway/config/problem.hpp"

#include <gtest/gtest.h>

namespace weir::gateway::config {
namespace {

TEST(Problem, IsPrintedWithItsLineAndACaretUnderIt) {
  const source in("shop.yaml", "a: 1\nretrys: 2\n");
  problems all;
  all.error({5, 6}, "`retrys` is no key of a policy", "retry");
  EXPECT_EQ(print(all, in),
            "shop.yaml:2:1: error: `retrys` is no key of a policy; did you mean `retry`?\n"
            "    2 | retrys: 2\n"
            "      | ^~~~~~\n");
}

TEST(Problem, CountsColumnsInCharactersAndKeepsTabs) {
  const source in("f", "\té: x\n");
  problems all;
  all.warn({5, 1}, "odd");
  EXPECT_EQ(print(all, in), "f:1:5: warning: odd\n    1 | \té: x\n      | \t   ^\n");
}

TEST(Problem, ShowsAWindowOfALongLine) {
  const source in("f", std::string(500, 'a') + "HERE" + std::string(500, 'b'));
  problems all;
  all.error({500, 4}, "there");
  const std::string out = print(all, in);
  EXPECT_NE(out.find("HERE"), std::string::npos);
  EXPECT_NE(out.find("…"), std::string::npos);
  EXPECT_LT(out.size(), 500u);
}

TEST(Problem, AtTheEndOfTheFileHasACaretToo) {
  const source in("f", "a:");
  problems all;
  all.error({2, 1}, "something is missing");
  EXPECT_EQ(print(all, in), "f:1:3: error: something is missing\n    1 | a:\n      |   ^\n");
}

TEST(Problem, MarksNothingBeyondItsLine) {
  const source in("f", "ab\ncd\n");
  problems all;
  all.error({1, 4}, "x");
  EXPECT_EQ(print(all, in), "f:1:2: error: x\n    1 | ab\n      |  ^\n");
}

TEST(Problem, CannotPlayTricksWithTheTerminal) {
  const source in("f", "a: \x1b[31mred\n");
  problems all;
  all.error({0, 1}, "x");
  EXPECT_EQ(print(all, in).find('\x1b'), std::string::npos);
}

TEST(Problem, IsColouredWhenAsked) {
  const source in("f", "a\n");
  problems all;
  all.error({0, 1}, "x");
  EXPECT_NE(print(all, in, {.color = true}).find("\033[1;31m"), std::string::npos);
}

TEST(Problems, AreSortedByPlaceAndSaidOnce) {
  problems all;
  all.error({9, 1}, "second");
  all.error({1, 1}, "first");
  all.error({9, 1}, "second");
  all.sort();
  ASSERT_EQ(all.all().size(), 2u);
  EXPECT_EQ(all.all()[0].what, "first");
}

TEST(Problems, AreSaidOnceThoughOthersOfTheSamePlaceStandBetween) {
  problems all;
  for (int of_each_method = 0; of_each_method < 3; ++of_each_method) {
    all.error({4, 2}, "this is wrong");
    all.error({4, 2}, "and that");
  }
  all.sort();
  ASSERT_EQ(all.all().size(), 2u);
  EXPECT_EQ(all.all()[0].what, "this is wrong");
  EXPECT_EQ(all.all()[1].what, "and that");
}

TEST(Problems, AreJsonForPrograms) {
  const source in("f", "ab: c\n");
  problems all;
  all.error({4, 1}, "say \"d\"", "d");
  EXPECT_EQ(
      to_json(all, in),
      R"([{"severity":"error","file":"f","line":1,"column":5,"length":1,"message":"say \"d\"","suggestion":"d"}])");
}

}  // namespace
}  // namespace weir::gateway::config
