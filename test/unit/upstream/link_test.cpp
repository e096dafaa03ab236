#include "weir/upstream/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "unit/io/dns_server.hpp"
#include "unit/upstream/log_lines.hpp"

namespace weir::upstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// One who waits for the name.
struct caller {
  explicit caller(link& at) { at.wait(waiter); }
  void told(bool resolved) { resolved ? ++good : ++bad; }
  int good = 0;
  int bad = 0;
  link::waiter waiter{delegate<void(bool)>::to<&caller::told>(*this)};
};

struct Link : testing::Test {
  bool until(const std::function<bool()>& condition) {
    return weir::test::run_until(loop, [&] {
      dns.answer_all();
      return condition();
    });
  }
  std::unique_ptr<link> to(const std::string& host) {
    link::place at;
    at.service = "a";
    at.host = host;
    at.troubles = troubles;
    return std::make_unique<link>(loop, names, std::move(at));
  }
  bool is_told_no(link& at) {
    caller one(at);
    return until([&] { return one.good + one.bad > 0; }) && one.bad == 1;
  }

  test::log_lines log;
  io::loop loop;
  weir::test::dns_server dns;
  io::resolver names{loop, dns.at()};
  std::shared_ptr<name_troubles> troubles = std::make_shared<name_troubles>();
};

TEST_F(Link, AsksNotAgainAtOnceForANameThatIsNotKnownAndSaysSoOnce) {
  const auto way = to("nowhere.test");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(is_told_no(*way));
  EXPECT_EQ(dns.asked, 1);
  EXPECT_THAT(log.said(), ElementsAre("cannot resolve the service's name"));
  EXPECT_THAT(way->last_error(), HasSubstr("nowhere.test: "));
}

TEST_F(Link, TellsNobodyFromWithinHisCallThatANameIsNotKnown) {
  const auto way = to("nowhere.test");
  ASSERT_TRUE(is_told_no(*way));
  caller second(*way);
  EXPECT_EQ(second.bad, 0);
  EXPECT_TRUE(until([&] { return second.bad == 1; }));
}

TEST_F(Link, OfSeveralThatGoToOneNameOneSaysThatItIsNotKnownAndOneThatItIsAgain) {
  const auto one = to("nowhere.test");
  const auto other = to("nowhere.test");
  ASSERT_TRUE(is_told_no(*one));
  ASSERT_TRUE(is_told_no(*other));
  EXPECT_EQ(dns.asked, 2);
  EXPECT_THAT(log.said(), ElementsAre("cannot resolve the service's name"));
  dns.known = "nowhere";
  ASSERT_TRUE(until([&] { return !is_told_no(*one) && !is_told_no(*other); }));
  EXPECT_THAT(log.said(), ElementsAre("cannot resolve the service's name",
                                      "the service's name resolves again"));
  EXPECT_NE(one->pool(), nullptr);
  EXPECT_EQ(one->last_error(), "");
}

// What he asked for is found for those who have more time.
TEST_F(Link, ALookupGoesOnWhenTheFirstWhoWaitedForItIsGone) {
  const auto way = to("shop.test");
  {
    caller hasty(*way);
  }
  caller other(*way);
  EXPECT_TRUE(until([&] { return other.good == 1; }));
  EXPECT_EQ(dns.asked, 1);
}

}  // namespace
}  // namespace weir::upstream
