#include "weir/gateway/run/request_roots.hpp"

#include <gtest/gtest.h>

#include <string>

#include "weir/gateway/expression/output.hpp"

namespace weir::gateway {
namespace {

struct shown {
  std::string json;
  bool failed;
};

shown whole(const expression::object_source& of) {
  arena memory;
  shown out;
  json::writer to(out.json);
  out.failed =
      expression::write_json(of.all(memory), to, memory, 64 * 1024 * 1024).error != nullptr;
  return out;
}

TEST(RequestRoots, NameEachParameterOnceInTheOrderTheyCame) {
  EXPECT_EQ(whole(query_all_root("b=1&a=x+y&&b=%32&c")).json,
            R"({"b":["1","2"],"a":["x y"],"c":[""]})");
  EXPECT_EQ(whole(query_all_root("a=1&%61=2")).json, R"({"a":["1","2"]})");
  EXPECT_EQ(whole(query_all_root("")).json, "{}");
  EXPECT_EQ(whole(query_root("b=1&a=x+y&c")).json, R"({"b":"1","a":"x y","c":""})");
  const shown twice = whole(query_root("a=1&b=2&a=3"));
  EXPECT_TRUE(twice.failed);
  EXPECT_EQ(twice.json, R"({"a":null,"b":"2"})");
}

TEST(RequestRoots, FailWholeWhereAnEscapeIsBroken) {
  EXPECT_TRUE(whole(query_root("a=%zz&b=1")).failed);
  EXPECT_TRUE(whole(query_all_root("a=%zz&b=1")).failed);
}

// A question for each name would read all of them each time.
TEST(RequestRoots, ReadManyParametersInOnePass) {
  constexpr std::size_t many = 50'000;
  std::string query;
  for (std::size_t i = 0; i < many; ++i) query += "p" + std::to_string(i) + "=1&";
  arena memory;
  EXPECT_EQ(query_root(query).all(memory).map_here().size(), many);
  EXPECT_EQ(query_all_root(query).all(memory).map_here().size(), many);
}

}  // namespace
}  // namespace weir::gateway
