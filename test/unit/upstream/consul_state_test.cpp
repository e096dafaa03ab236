#include "weir/upstream/consul_state.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/upstream/start.hpp"
#include "weir/upstream/instance_file.hpp"

namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

using test::start;

std::string entry(const std::string& address, int port, int weight = 1) {
  return R"({"Node":{"Address":"10.9.9.9"},"Service":{"Address":")" + address + R"(","Port":)" +
         std::to_string(port) + R"(,"Weights":{"Passing":)" + std::to_string(weight) +
         R"(,"Warning":1}},"Checks":[]})";
}

std::string list(std::initializer_list<std::string> entries) {
  std::string out;
  for (const std::string& e : entries) out += (out.empty() ? "" : ",") + e;
  return "[" + out + "]";
}

struct ConsulState : testing::Test {
  ConsulState() {
    of.how = discovery_kind::consul;
    of.consul.service = "shop";
  }
  // An answer that Consul gives; what is to be acted on, if anything is due.
  time_point answer(const std::string& body, const std::string& index = "7", int status = 200,
                    const std::string& leader = "true") {
    return state.answered({.status = status, .index = index, .known_leader = leader, .body = body},
                          now, random);
  }
  std::optional<std::size_t> due(duration later = 0s) {
    now += later;
    if (auto taken = state.take(now)) return taken->size();
    return std::nullopt;
  }
  void begin() {
    answer(list({entry("10.0.0.1", 80), entry("10.0.0.2", 80)}));
    ASSERT_EQ(due(), 2u);
  }

  consul_settings at;
  discovery_settings of;
  fixed_random random{0.5};
  time_point now = start;
  consul_state state = [this] {
    of.how = discovery_kind::consul;
    of.consul.service = "shop";
    return consul_state(at, of);
  }();
};

TEST_F(ConsulState, AsksForPassingInstancesAndThenForWhatIsNewer) {
  EXPECT_EQ(state.target(), "/v1/health/service/shop?passing=true&stale&index=0&wait=60000ms");
  begin();
  EXPECT_NE(state.target().find("index=7"), std::string::npos);
}

TEST_F(ConsulState, EncodesWhatTheConfigurationSays) {
  of.consul = {.service = "a b/c", .tags = {"v=2", "eu&x"}, .datacenter = "dc 1"};
  at.token = "secret";
  const consul_state s(at, of);
  EXPECT_EQ(s.target(),
            "/v1/health/service/a%20b%2Fc?passing=true&stale&index=0&wait=60000ms&tag=v%3D2&tag=eu"
            "%26x&dc=dc%201");
  EXPECT_EQ(s.header_lines(), "X-Consul-Token: secret\r\n");
}

TEST_F(ConsulState, WaitsLongerThanTheAgentMay) {
  begin();
  EXPECT_GT(state.patience(), 60s * 17 / 16);
}

TEST_F(ConsulState, TakesTheNodesAddressWhereTheServiceHasNone) {
  const auto read = read_health(list({entry("", 8080, 3)}), of);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at(0).key(), "10.9.9.9:8080");
  EXPECT_EQ(read->at(0).weight, 3u);
}

TEST_F(ConsulState, BelievesNothingOfJunk) {
  begin();
  for (const char* junk : {"", "<html>", "{}", "null", "[1]", "[{}]", R"([{"Service":{}}])",
                           R"([{"Service":{"Address":"a","Port":"80"}}])",
                           R"([{"Service":{"Address":"a","Port":99999}}])", "[[["}) {
    const time_point again = answer(junk);
    EXPECT_NE(state.trouble(), "") << junk;
    EXPECT_GT(again, now);
    EXPECT_FALSE(due(1h)) << junk;
  }
  answer(list({entry("10.0.0.1", 80), entry("10.0.0.2", 80)}));
  EXPECT_EQ(state.trouble(), "");
}

TEST_F(ConsulState, BelievesNothingWithoutAnIndexOrALeader) {
  begin();
  answer(list({entry("10.0.0.3", 80)}), "");
  EXPECT_NE(state.trouble(), "");
  EXPECT_FALSE(due(1h));
  answer(list({entry("10.0.0.3", 80)}), "9", 200, "false");
  EXPECT_NE(state.trouble(), "");
  EXPECT_FALSE(due(1h));
}

TEST_F(ConsulState, BeginsAnewWhenTheIndexGoesBackAndNeverAsksBelowOne) {
  begin();
  answer(list({entry("10.0.0.1", 80)}), "3");
  EXPECT_EQ(state.index(), 0u);
  answer(list({entry("10.0.0.1", 80)}), "0");
  EXPECT_EQ(state.index(), 1u);
}

TEST_F(ConsulState, HoldsAnEmptyListForItsGracePeriod) {
  begin();
  answer("[]", "8");
  EXPECT_NE(state.trouble(), "");
  EXPECT_FALSE(due(29s));
  answer("[]", "9");
  EXPECT_EQ(due(1s), 0u) << "from the first empty answer on";
  EXPECT_EQ(state.trouble(), "");
}

TEST_F(ConsulState, ForgetsAnEmptyListThatWasAMistake) {
  begin();
  answer("[]", "8");
  now += 10s;
  answer(list({entry("10.0.0.1", 80), entry("10.0.0.2", 80)}), "9");
  EXPECT_FALSE(due(1h));
}

TEST_F(ConsulState, ForgetsAnEmptyListOfOneWhoIsGoneHimself) {
  begin();
  answer("[]", "8");
  state.failed("refused", now, random);
  EXPECT_FALSE(due(1h));
}

TEST_F(ConsulState, BelievesAnEmptyListWhereNothingWasKnown) {
  answer("[]");
  EXPECT_EQ(due(), 0u);
}

TEST_F(ConsulState, TakesChangesThatComeTogetherAsOne) {
  begin();
  answer(list({entry("10.0.0.1", 80)}), "8");
  EXPECT_FALSE(due(50ms));
  answer(list({entry("10.0.0.1", 80), entry("10.0.0.3", 80), entry("10.0.0.4", 80)}), "9");
  EXPECT_EQ(due(50ms), 3u) << "the pause is counted from the first";
}

TEST_F(ConsulState, SaysNothingWhereNothingChanged) {
  begin();
  answer(list({entry("10.0.0.2", 80), entry("10.0.0.1", 80)}), "8");
  EXPECT_FALSE(due(1h)) << "their order is no change";
}

TEST_F(ConsulState, BacksOffWithJitterAndNoLongerThanASecond) {
  duration last = 0s;
  for (int k = 0; k < 20; ++k) {
    const duration pause = state.failed("refused", now, random) - now;
    EXPECT_GE(pause, last);
    EXPECT_LE(pause, 1s);
    last = pause;
  }
  fixed_random least{0};
  EXPECT_EQ(state.failed("refused", now, least) - now, 500ms);
}

TEST_F(ConsulState, DoesNotFloodAConsulWhoseAnswersComeAtOnce) {
  begin();
  int asked = 0;
  const time_point until = now + 10s;
  while (now < until) {
    now = std::max(now, answer(list({entry("10.0.0.1", 80)}), std::to_string(100 + asked)));
    ++asked;
    now += 1ms;
  }
  EXPECT_LE(asked, 62);
}

TEST_F(ConsulState, KeepsTheListOfAnEarlierProcessLikeItsOwn) {
  instance_spec one;
  one.host = "10.0.0.1";
  state.remember({one});
  answer("[]");
  EXPECT_FALSE(due(29s));
}

TEST(InstanceFile, ReadsBackWhatItWrites) {
  known_instances all;
  all["a"].push_back({.host = "10.0.0.1", .port = 80, .authority = "a \"b\"", .weight = 3});
  all["b"] = {};
  const auto read = read_known_instances(to_json(all));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at("a"), all["a"]);
}

TEST(InstanceFile, RefusesWhatIsNotItsOwn) {
  for (const char* text : {"", "{}", "[]", R"({"version":2,"services":{}})",
                           R"({"version":1,"services":{"a":[{"host":"x"}]}})"}) {
    EXPECT_FALSE(read_known_instances(text)) << text;
  }
}

}  // namespace
}  // namespace weir::upstream
