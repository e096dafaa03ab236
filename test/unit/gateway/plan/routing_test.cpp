#include "weir/gateway/plan/routing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::gateway {
namespace {

using http::method;
using kind = route_table::match::kind;

route_table table_of(const std::vector<std::pair<method, std::string>>& routes) {
  route_table table;
  std::uint32_t conflict = 0;
  for (std::uint32_t i = 0; i < routes.size(); ++i) {
    EXPECT_TRUE(table.add(routes[i].first, routes[i].second, i, conflict)) << routes[i].second;
  }
  return table;
}

TEST(RouteTable, LetsALiteralBeatAParameterSegmentBySegmentFromTheLeft) {
  const route_table t = table_of({{method::get, "/{a}/{b}"},
                                  {method::get, "/x/{b}"},
                                  {method::get, "/{a}/y"},
                                  {method::get, "/x/y"}});
  EXPECT_EQ(t.find(method::get, "/x/y").route, 3u);
  EXPECT_EQ(t.find(method::get, "/x/z").route, 1u);
  EXPECT_EQ(t.find(method::get, "/z/y").route, 2u);
  EXPECT_EQ(t.find(method::get, "/z/z").route, 0u);
}

TEST(RouteTable, TakesBackALiteralThatLeadsNowhere) {
  const route_table t = table_of({{method::get, "/a/{x}/c"}, {method::get, "/{y}/b/d"}});
  const auto m = t.find(method::get, "/a/b/d");
  ASSERT_EQ(m.what, kind::found);
  EXPECT_EQ(m.route, 1u);
  ASSERT_EQ(m.parameter_count, 1u);
  EXPECT_EQ(m.parameters[0], "a");
}

TEST(RouteTable, GivesParametersInTheirOrderAndStillEncoded) {
  const route_table t = table_of({{method::get, "/users/{id}/carts/{cart}"}});
  const auto m = t.find(method::get, "/users/a%20b/carts/7");
  ASSERT_EQ(m.what, kind::found);
  ASSERT_EQ(m.parameter_count, 2u);
  EXPECT_EQ(m.parameters[0], "a%20b");
  EXPECT_EQ(m.parameters[1], "7");
}

TEST(RouteTable, NeedsSomethingWhereAParameterStands) {
  const route_table t = table_of({{method::get, "/users/{id}"}});
  EXPECT_EQ(t.find(method::get, "/users/").what, kind::no_such_path);
  EXPECT_EQ(t.find(method::get, "/users").what, kind::no_such_path);
  EXPECT_EQ(t.find(method::get, "/users/1/").what, kind::no_such_path);
}

TEST(RouteTable, ComparesLiteralsByWhatTheySayHoweverTheyAreEscaped) {
  const route_table t = table_of({{method::get, "/a%20b"}, {method::get, "/users"}});
  EXPECT_EQ(t.find(method::get, "/a%20b").route, 0u);
  EXPECT_EQ(t.find(method::get, "/%75sers").route, 1u);
  EXPECT_EQ(t.find(method::get, "/user%7").what, kind::no_such_path);
  EXPECT_EQ(t.find(method::get, "/a b").route, 0u);
}

TEST(RouteTable, AnswersHeadWithTheRouteOfGetUnlessItHasItsOwn) {
  const route_table t = table_of(
      {{method::get, "/a"}, {method::get, "/b"}, {method::head, "/b"}, {method::post, "/c"}});
  EXPECT_EQ(t.find(method::head, "/a").route, 0u);
  EXPECT_EQ(t.find(method::head, "/b").route, 2u);
  EXPECT_EQ(t.find(method::head, "/c").what, kind::no_such_method);
}

TEST(RouteTable, TellsAnUnknownMethodFromAnUnknownPath) {
  const route_table t = table_of({{method::get, "/a"}});
  EXPECT_EQ(t.find(method::post, "/a").what, kind::no_such_method);
  EXPECT_EQ(t.find(method::post, "/b").what, kind::no_such_path);
  EXPECT_EQ(t.find(method::get, "").what, kind::no_such_path);
  EXPECT_EQ(t.find(method::get, "*").what, kind::no_such_path);
}

TEST(RouteTable, GoesOnToAParameterWhereTheLiteralLacksTheMethod) {
  const route_table t = table_of({{method::post, "/a/b"}, {method::get, "/a/{x}"}});
  const auto m = t.find(method::get, "/a/b");
  EXPECT_EQ(m.what, kind::found);
  EXPECT_EQ(m.route, 1u);
}

TEST(RouteTable, ListsWhatIsAllowedOfEveryPatternThatMatches) {
  const route_table t =
      table_of({{method::post, "/a/b"}, {method::get, "/a/{x}"}, {method::delete_, "/c"}});
  EXPECT_EQ(t.allowed("/a/b"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(t.allowed("/a/z"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(t.allowed("/c"), "DELETE, OPTIONS");
  EXPECT_EQ(t.allowed("/d"), "");
}

TEST(RouteTable, RefusesTwoRoutesThatMatchTheSameRequests) {
  route_table t;
  std::uint32_t conflict = 99;
  EXPECT_TRUE(t.add(method::get, "/a/{x}", 0, conflict));
  EXPECT_FALSE(t.add(method::get, "/a/{y}", 1, conflict));
  EXPECT_EQ(conflict, 0u);
  EXPECT_TRUE(t.add(method::post, "/a/{y}", 2, conflict));
}

TEST(RouteTable, GivesAllThatIsLeftOfThePathAsItCame) {
  const route_table t = table_of({{method::get, "/files/{path...}"}});
  for (const std::string_view rest : {"a", "a/b/c", "a%2Fb/c%20d", "a/", ""}) {
    const std::string path = "/files/" + std::string(rest);
    const auto m = t.find(method::get, path);
    ASSERT_EQ(m.what, kind::found) << path;
    ASSERT_EQ(m.parameter_count, 1u);
    EXPECT_EQ(m.parameters[0], rest);
  }
  EXPECT_EQ(t.find(method::get, "/files").what, kind::no_such_path);
  EXPECT_EQ(t.find(method::get, "/filesystem/a").what, kind::no_such_path);
  EXPECT_EQ(t.find(method::put, "/files/a").what, kind::no_such_method);
}

TEST(RouteTable, LetsWhateverSaysMoreBeatTheRest) {
  const route_table t = table_of({{method::get, "/{all...}"},
                                  {method::get, "/a/{x}"},
                                  {method::get, "/a/{x}/c"},
                                  {method::get, "/a/b/{rest...}"},
                                  {method::get, "/a/b"},
                                  {method::get, "/a/"}});
  EXPECT_EQ(t.find(method::get, "/").route, 0u);
  EXPECT_EQ(t.find(method::get, "/z/y/x").route, 0u);
  EXPECT_EQ(t.find(method::get, "/a").route, 0u);
  EXPECT_EQ(t.find(method::get, "/a/").route, 5u);
  EXPECT_EQ(t.find(method::get, "/a/z").route, 1u);
  EXPECT_EQ(t.find(method::get, "/a/b").route, 4u);
  EXPECT_EQ(t.find(method::get, "/a/b/").route, 3u);
  EXPECT_EQ(t.find(method::get, "/a/b/c").route, 3u) << "from the left: `b` beats `{x}`";
  EXPECT_EQ(t.find(method::get, "/a/z/c").route, 2u);
  const auto m = t.find(method::get, "/a/z/d");
  EXPECT_EQ(m.route, 0u);
  ASSERT_EQ(m.parameter_count, 1u) << "what a way that led nowhere took is given back";
  EXPECT_EQ(m.parameters[0], "a/z/d");
}

TEST(RouteTable, GoesOnToTheRestForAMethodThatNothingNearerAnswers) {
  const route_table t = table_of({{method::get, "/a/b"}, {method::post, "/a/{rest...}"}});
  EXPECT_EQ(t.find(method::post, "/a/b").route, 1u);
  EXPECT_EQ(t.allowed("/a/b"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(t.allowed("/a/c/d"), "POST, OPTIONS");
}

TEST(RouteTable, TakesTheRestForNoParameter) {
  route_table t;
  std::uint32_t conflict = 99;
  EXPECT_TRUE(t.add(method::get, "/a/{x}", 0, conflict));
  EXPECT_TRUE(t.add(method::get, "/a/{x...}", 1, conflict));
  EXPECT_FALSE(t.add(method::get, "/a/{y...}", 2, conflict));
  EXPECT_EQ(conflict, 1u);
}

TEST(RouteTable, FindsTheRootItself) {
  const route_table t = table_of({{method::get, "/"}});
  EXPECT_EQ(t.find(method::get, "/").what, kind::found);
  EXPECT_EQ(t.find(method::get, "//").what, kind::no_such_path);
}

}  // namespace
}  // namespace weir::gateway
