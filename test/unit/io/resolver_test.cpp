#include "weir/io/resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "unit/io/dns_server.hpp"

namespace weir::io {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Resolver : testing::Test {
  std::function<void(const resolver::answer&)> into(std::optional<resolver::answer>& where) {
    return [&where](const resolver::answer& got) { where.emplace(got); };
  }
  bool until(const std::function<bool()>& condition) {
    return test::run_until(l, [&] {
      dns.answer_all();
      return condition();
    });
  }
  loop l;
  test::dns_server dns;
  std::unique_ptr<resolver> names = std::make_unique<resolver>(l, dns.at());
};

TEST_F(Resolver, AnswersForNumericAddressesAtOnce) {
  std::optional<resolver::answer> got;
  names->resolve("127.0.0.1", 80, l.now(), into(got));
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->front().to_string(), "127.0.0.1:80");
  names->resolve("::1", 80, l.now(), into(got));
  EXPECT_EQ((*got)->front().to_string(), "[::1]:80");
}

TEST_F(Resolver, ReadsTheHostsFile) {
  std::optional<resolver::answer> got;
  names->resolve("localhost", 80, l.now() + 2s, into(got));
  ASSERT_TRUE(until([&] { return got.has_value(); }));
  ASSERT_TRUE(*got) << got->error();
  EXPECT_TRUE((*got)->front().is_loopback());
  EXPECT_EQ((*got)->front().port(), 80);
  EXPECT_EQ(dns.asked, 0);
}

TEST_F(Resolver, AsksDnsOnceForAllWhoAskAtOnceAndKeepsTheAnswer) {
  std::optional<resolver::answer> a;
  std::optional<resolver::answer> b;
  names->resolve("shop.test", 80, l.now() + 2s, into(a));
  names->resolve("shop.test", 81, l.now() + 2s, into(b));
  ASSERT_TRUE(until([&] { return a && b; }));
  ASSERT_TRUE(*a) << a->error();
  EXPECT_EQ((*a)->front().to_string(), "10.1.2.3:80");
  EXPECT_EQ((*b)->front().to_string(), "10.1.2.3:81");
  std::optional<resolver::answer> again;
  names->resolve("shop.test", 82, l.now() + 2s, into(again));
  ASSERT_TRUE(again);
  EXPECT_EQ((**again).front().to_string(), "10.1.2.3:82");
  EXPECT_EQ(dns.asked, 1);
}

TEST_F(Resolver, SaysThatANameIsNotKnown) {
  std::optional<resolver::answer> got;
  names->resolve("nowhere.test", 80, l.now() + 2s, into(got));
  ASSERT_TRUE(until([&] { return got.has_value(); }));
  ASSERT_FALSE(*got);
  EXPECT_THAT(got->error(), HasSubstr("nowhere.test: "));
}

TEST_F(Resolver, GivesUpAtItsDeadlineAndTheAnswerIsStillOfUse) {
  std::optional<resolver::answer> got;
  names->resolve("shop.test", 80, l.now() + 5ms, into(got));
  ASSERT_TRUE(test::run_until(l, [&] { return got.has_value(); }));  // the server is silent
  ASSERT_FALSE(*got);
  EXPECT_EQ(got->error(), "shop.test: no answer from DNS in time");
  std::optional<resolver::answer> later;
  names->resolve("shop.test", 80, l.now() + 2s, into(later));
  ASSERT_TRUE(until([&] { return later.has_value(); }));
  EXPECT_TRUE(*later);
}

TEST_F(Resolver, MayBeDestroyedByWhoItAnswers) {
  names->resolve("shop.test", 80, l.now() + 2s, [&](const auto&) { names.reset(); });
  std::optional<resolver::answer> other;
  names->resolve("shop.test", 81, l.now() + 2s, into(other));
  ASSERT_TRUE(until([&] { return names == nullptr; }));
  EXPECT_FALSE(other);
}

TEST_F(Resolver, DestroyedItTellsNobody) {
  std::optional<resolver::answer> got;
  names->resolve("shop.test", 80, l.now() + 2s, into(got));
  names.reset();
  test::run_a_little(l);
  EXPECT_FALSE(got);
}

}  // namespace
}  // namespace weir::io
