#include "weir/gateway/expression/check.hpp"

#include <gtest/gtest.h>

namespace weir::gateway::expression {
namespace {

type_environment shop() {
  type_environment names;
  names.add("products", static_type::list());
  names.add("orders",
            static_type::list(static_type::object({{"id", static_type::number()}})).or_null());
  names.add("cart");
  names.add("status", static_type::number());
  names.add("title", static_type::text());
  names.add("query", static_type::map());
  names.add("path",
            static_type::object({{"title", static_type::text()}, {"id", static_type::text()}}));
  const auto circuit =
      static_type::object({{"state", static_type::text()}, {"failures", static_type::number()}});
  names.add("circuits", static_type::object({{"partner", circuit}, {"inventory", circuit}}));
  return names;
}

// "offset: message (suggestion)", or nothing.
std::string problem_of(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed) return "parse: " + parsed.error()[0].message;
  const auto out = check(*parsed, shop());
  if (out.problems.empty()) return {};
  const auto& first = out.problems[0];
  return std::to_string(first.offset) + ": " + first.message +
         (first.suggestion.empty() ? "" : " (" + first.suggestion + ")");
}

TEST(ExpressionCheck, FindsNamesThatDoNotExist) {
  EXPECT_EQ(problem_of("prodcuts"), "0: there is no name 'prodcuts' (did you mean 'products'?)");
  EXPECT_EQ(problem_of("size(cort)"), "5: there is no name 'cort' (did you mean 'cart'?)");
  EXPECT_EQ(problem_of("zzz"), "0: there is no name 'zzz'");
  EXPECT_EQ(problem_of("TOKEN"),
            "0: there is no name 'TOKEN' (a variable of the environment stands alone: ${TOKEN})");
  EXPECT_EQ(problem_of("products.map(p, q.id)"), "16: there is no name 'q'");
  EXPECT_EQ(problem_of("products.map(p, p.id) == p"), "25: there is no name 'p'");
  EXPECT_EQ(problem_of("{name: 1}"), "1: there is no name 'name' (a key is a string: 'name')");
  EXPECT_EQ(problem_of("query.user-id"),
            "11: there is no name 'id' (a member with '-' in its name is written x['…-id'])");
}

TEST(ExpressionCheck, FindsMembersThatDoNotExist) {
  EXPECT_EQ(problem_of("path.titel"), "5: there is no 'titel' in 'path' (did you mean 'title'?)");
  EXPECT_EQ(problem_of("circuits.partnr.state"),
            "9: there is no 'partnr' in 'circuits' (did you mean 'partner'?)");
  EXPECT_EQ(problem_of("circuits.partner.sate"),
            "17: there is no 'sate' in 'partner' (did you mean 'state'?)");
  EXPECT_EQ(problem_of("circuits['partnr']"),
            "9: there is no 'partnr' in 'circuits' (did you mean 'partner'?)");
  EXPECT_EQ(problem_of("has(path.titel)"),
            "9: there is no 'titel' in 'path' (did you mean 'title'?)");
  EXPECT_EQ(problem_of("orders.map(o, o.idd)"), "16: there is no 'idd' (did you mean 'id'?)");
  EXPECT_EQ(problem_of("orders[0].idd"), "10: there is no 'idd' (did you mean 'id'?)");
}

TEST(ExpressionCheck, FindsOperatorsAndFunctionsThatCanNeverWork) {
  EXPECT_EQ(problem_of("title + 1"),
            "6: '+' cannot take string and int (string(x) makes text of a number)");
  EXPECT_EQ(problem_of("title * 2"), "6: '*' cannot take string and int");
  EXPECT_EQ(problem_of("status % 1.5"), "7: '%' cannot take number and double");
  EXPECT_EQ(problem_of("1.5 % 2"), "4: '%' cannot take double and int");
  EXPECT_EQ(problem_of("1 + 1u"), "2: '+' cannot take int and uint");
  EXPECT_EQ(problem_of("null + 1"), "5: '+' cannot take null and int");
  EXPECT_EQ(problem_of("-title"), "0: '-' cannot take string");
  EXPECT_EQ(problem_of("!status"), "0: '!' needs true or false, not number");
  EXPECT_EQ(problem_of("title && true"), "6: '&&' needs true or false, not string");
  EXPECT_EQ(problem_of("true || 1"), "5: '||' needs true or false, not int");
  EXPECT_EQ(problem_of("status ? 1 : 2"), "7: '?:' needs true or false, not number");
  EXPECT_EQ(problem_of("title < 1"), "6: '<' cannot take string and int");
  EXPECT_EQ(problem_of("products < products"), "9: '<' cannot take list and list");
  EXPECT_EQ(problem_of("status == '404'"), "7: number and string are never equal");
  EXPECT_EQ(problem_of("title != 1"), "6: string and int are never equal");
  EXPECT_EQ(problem_of("1 in title"), "2: 'in' looks into a list or a map, not string");
  EXPECT_EQ(
      problem_of("products.name"),
      "9: 'name' is asked of what has no members: list (take an element first, x[0].name, or all: "
      "x.map(e, e.name))");
  EXPECT_EQ(problem_of("status.code"), "7: 'code' is asked of what has no members: number");
  EXPECT_EQ(problem_of("status[0]"), "6: only lists and maps have an index, not number");
  EXPECT_EQ(problem_of("products['x']"), "9: a list is indexed by a whole number, not string");
  EXPECT_EQ(problem_of("size(status)"), "0: 'size' cannot take number");
  EXPECT_EQ(problem_of("products.contains(1)"), "9: 'contains' cannot take list");
  EXPECT_EQ(problem_of("title.contains(1)"), "6: 'contains' cannot take int");
  EXPECT_EQ(problem_of("title.map(c, c)"), "6: 'map' goes over a list or a map, not string");
  EXPECT_EQ(problem_of("products.filter(p, 1)"), "9: 'filter' needs true or false, not int");
  EXPECT_EQ(problem_of("{1.5: 1}"), "1: a key is a string, an int, a uint or a bool, not double");
  EXPECT_EQ(problem_of("clock('%Q')"),
            "6: this is no format for the time of day (for example '%H:%M:%S')");
  EXPECT_EQ(problem_of("clock('%')"),
            "6: this is no format for the time of day (for example '%H:%M:%S')");
  EXPECT_EQ(problem_of("clock('%M:%S')"), "");
}

TEST(ExpressionCheck, LetsPassWhatMayWork) {
  for (const auto text : {"size(products)",
                          "cart.items[0].name",
                          "size(cart) + 1",
                          "products[0].name",
                          "orders[0].id + 1",
                          "path.title.size()",
                          "circuits.partner.failures > 3",
                          "circuits['partner'].state == 'open'",
                          "query.user ?? 3",
                          "cart == null",
                          "title == null",
                          "orders == null",
                          "query[title]",
                          "[1, 'a'][0] + 1",
                          "dyn('a') + 1",
                          "cart ? 1 : 2",
                          "type(cart) == list",
                          "(cart ?? {}).name",
                          "orders.map(o, o.id)",
                          "products.map(p, p.tags.map(t, t + p.name))",
                          "status == 404",
                          "status == 404.0",
                          "title in query",
                          "has(query.user)",
                          "[cart, status][0].x",
                          "{title: status}",
                          "min(status, 3)",
                          "-status",
                          "null ?? title + 'x'",
                          "products.map(p, p.price).size() > 0"}) {
    EXPECT_EQ(problem_of(text), "") << text;
  }
}

TEST(ExpressionCheck, ReportsEveryProblemOfAnExpression) {
  const auto out = check(*parse("aaa + bbb + size(1)"), shop());
  ASSERT_EQ(out.problems.size(), 3u);
  EXPECT_EQ(out.problems[0].offset, 0u);
  EXPECT_EQ(out.problems[1].offset, 6u);
  EXPECT_EQ(out.problems[2].offset, 12u);
}

TEST(ExpressionCheck, TellsWhichNamesAreReferredTo) {
  const auto roots = [](std::string_view text) {
    std::string all;
    for (const auto& name : check(*parse(text), shop()).roots) all += name + " ";
    return all;
  };
  EXPECT_EQ(roots("1 + 2"), "");
  EXPECT_EQ(roots("cart.items.map(cart2, cart2.id + status)"), "cart status ");
  EXPECT_EQ(roots("products.map(cart, cart.id)"), "products ");
  EXPECT_EQ(roots("has(query.x) ? path.id : title ?? 'x'"), "path query title ");
  EXPECT_EQ(roots("type(cart) == list"), "cart ");
}

TEST(ExpressionCheck, TellsTheTypeOfTheResult) {
  const auto gives = [](std::string_view text, type t) {
    return check(*parse(text), shop()).result.may_be() == bit(t);
  };
  EXPECT_TRUE(gives("1 + 2", type::integer));
  EXPECT_TRUE(gives("1 + 2.0", type::real));
  EXPECT_TRUE(gives("title + 'x'", type::text));
  EXPECT_TRUE(gives("size(title)", type::integer));
  EXPECT_TRUE(gives("cart == 1", type::boolean));
  EXPECT_TRUE(gives("[1].map(x, x)", type::list));
  EXPECT_TRUE(gives("{}", type::map));
  EXPECT_TRUE(gives("true ? 1 : 2", type::integer));
  EXPECT_TRUE(gives("null ?? 'a'", type::text));
  EXPECT_TRUE(check(*parse("cart.x"), shop()).result.may_be(bit(type::missing)));
  EXPECT_FALSE(check(*parse("cart.x ?? 1"), shop()).result.may_be() == bit(type::integer));
}

TEST(ExpressionCheck, ANameHidesTheTypeOfTheSameName) {
  type_environment names;
  names.add("list", static_type::text());
  EXPECT_TRUE(check(*parse("list + 'x'"), names).problems.empty());
  EXPECT_EQ(check(*parse("list"), names).roots.count("list"), 1u);
  EXPECT_EQ(check(*parse("type(1) == int"), names).roots.count("int"), 0u);
}

TEST(ExpressionSuggest, KnowsWhatOtherLanguagesCallIt) {
  EXPECT_EQ(problem_of("yes"), "0: there is no name 'yes' (did you mean 'true'?)");
  EXPECT_EQ(problem_of("off"), "0: there is no name 'off' (did you mean 'false'?)");
  EXPECT_EQ(suggest("len", {"size", "min"}), "did you mean 'size'?");
  EXPECT_EQ(suggest("toUpperCase", {"lowerAscii", "upperAscii"}), "did you mean 'upperAscii'?");
  EXPECT_EQ(suggest("len", {"min"}), "") << "only where it is there";
}

TEST(ExpressionSuggest, OffersTheNearestAndNothingFarOff) {
  EXPECT_EQ(suggest("stauts", {"status", "state"}), "did you mean 'status'?");
  EXPECT_EQ(suggest("prduct", {"products", "product"}), "did you mean 'product'?");
  EXPECT_EQ(suggest("id", {"ip", "address"}), "did you mean 'ip'?");
  EXPECT_EQ(suggest("xyz", {"status", "state"}), "");
  EXPECT_EQ(suggest("a", {"b"}), "");
  EXPECT_EQ(suggest("", {"a"}), "");
}

}  // namespace
}  // namespace weir::gateway::expression
