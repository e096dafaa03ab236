#include "weir/upstream/answer_cache.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/upstream/start.hpp"

namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

using test::start;

std::shared_ptr<const kept_answer> answer(std::string_view body = "{}",
                                          http::caching_rules rules = {}, time_point came = start) {
  const std::vector<http::field> fields = {{"Content-Type", "application/json"}, {"X-A", "1"}};
  return std::make_shared<const kept_answer>(200, http::fields(fields), body, duration::zero(),
                                             rules, came);
}

TEST(KeptAnswer, HoldsItsOwnCopyOfAllThatCame) {
  std::shared_ptr<const kept_answer> a;
  {
    std::string body = "[1, 2]", name = "X-Count", value = "2";
    const std::vector<http::field> fields = {{name, value}, {"X-Empty", ""}};
    a = std::make_shared<const kept_answer>(503, http::fields(fields), body, 3s,
                                            http::caching_rules{}, start);
    body = name = value = "gone gone gone";
  }
  EXPECT_EQ(a->status(), 503);
  EXPECT_EQ(a->body(), "[1, 2]");
  EXPECT_EQ(a->retry_after(), 3s);
  EXPECT_EQ(a->fields().find("x-count"), "2");
  EXPECT_EQ(a->fields().find("x-empty"), "");
  EXPECT_GT(a->bytes(), sizeof(kept_answer) + 10);
}

TEST(KeptAnswer, IsFreshForAsLongAsItsReaderSays) {
  const auto a = answer();
  EXPECT_EQ(a->fresh_left({.fresh_for = 5s}, start + 2s), 3s);
  EXPECT_EQ(a->fresh_left({.fresh_for = 1s}, start + 2s), -1s) << "another reader is stricter";
  EXPECT_EQ(a->fresh_left({.fresh_for = 5s}, start - 1ms), 5s) << "another worker's clock";
}

TEST(KeptAnswer, IsFreshForLessWhereItSaysSo) {
  http::caching_rules rules;
  rules.fresh_for = 2s;
  const auto a = answer("{}", rules);
  EXPECT_EQ(a->fresh_left({.fresh_for = 5s}, start), 2s);
  EXPECT_EQ(a->fresh_left({.fresh_for = 1s}, start), 1s) << "and never for longer";
}

TEST(KeptAnswer, StandsInForAFailureAsLongAsTheReaderSaysUnlessItSaysOtherwise) {
  const keeping reader{.fresh_for = 5s, .stale_if_error = 60s};
  EXPECT_EQ(answer()->useful_left(reader, start), 65s);
  http::caching_rules rules;
  rules.stale_if_error = 10s;
  EXPECT_EQ(answer("{}", rules)->useful_left(reader, start), 15s);
  EXPECT_EQ(answer("{}", rules)->useful_left({.fresh_for = 5s}, start), 15s);
  rules = {};
  rules.may_be_stale = false;
  EXPECT_EQ(answer("{}", rules)->useful_left(reader, start), 5s);
  EXPECT_GT(answer()->useful_left({.fresh_for = duration::max(), .stale_if_error = 1s}, start), 1h)
      << "for ever does not overflow";
}

TEST(AnswerCache, FindsWhatItKeptUntilItIsOfNoUse) {
  const answer_cache c(1'000'000);
  const keeping reader{.fresh_for = 5s, .stale_if_error = 10s};
  EXPECT_EQ(c.find("k", reader, start), nullptr);
  const auto a = answer();
  EXPECT_TRUE(c.keep("k", a, reader, start));
  EXPECT_EQ(c.find("k", reader, start + 4s), a);
  EXPECT_EQ(c.find("other", reader, start), nullptr);
  EXPECT_EQ(c.find("k", {.fresh_for = 3s}, start + 4s), nullptr) << "this reader is stricter";
  EXPECT_EQ(c.find("k", reader, start + 14s), a) << "stale, but good for a failure";
  EXPECT_EQ(c.find("k", reader, start + 15s), nullptr);
  EXPECT_EQ(c.look().entries, 0U);
}

TEST(AnswerCache, LetsAnAnswerThatMayNotBeKeptPushOutTheOneBefore) {
  const answer_cache c(1'000'000);
  const keeping reader{.fresh_for = 5s};
  EXPECT_TRUE(c.keep("k", answer(), reader, start));
  http::caching_rules at_once_stale;
  at_once_stale.fresh_for = 0s;
  EXPECT_FALSE(c.keep("k", answer("{}", at_once_stale), reader, start));
  EXPECT_EQ(c.find("k", reader, start), nullptr);
}

TEST(AnswerCache, HoldsNoMoreBytesThanItsCapacity) {
  const answer_cache c(10'000);
  const keeping reader{.fresh_for = 5s};
  EXPECT_FALSE(c.keep("large", answer(std::string(10'000, 'x')), reader, start));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(c.keep(std::to_string(i), answer(std::string(1'000, 'x')), reader, start));
    EXPECT_LE(c.look().bytes, 10'000U);
  }
  EXPECT_GE(c.look().entries, 5U);
  EXPECT_NE(c.find("99", reader, start), nullptr);
  EXPECT_EQ(c.find("0", reader, start), nullptr) << "what was not asked for longest has gone";
}

TEST(AnswerCache, CountsTheWritesToATarget) {
  answer_cache c(1000);
  const auto before = c.writes("/a");
  const auto other = c.writes("/b");
  c.written("/a");
  EXPECT_NE(c.writes("/a"), before);
  EXPECT_EQ(c.writes("/b"), other);
}

TEST(AnswerCache, CountsItsUses) {
  answer_cache c(1000);
  using use = answer_cache::use;
  c.count(use::hit);
  c.count(use::hit);
  c.count(use::stale);
  const auto v = c.look();
  EXPECT_EQ(v.counts[static_cast<int>(use::hit)], 2U);
  EXPECT_EQ(v.counts[static_cast<int>(use::miss)], 0U);
  EXPECT_EQ(v.counts[static_cast<int>(use::stale)], 1U);
}

}  // namespace
}  // namespace weir::upstream
