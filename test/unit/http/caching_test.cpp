#include "weir/http/caching.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "weir/http/date.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t then = 784'111'777;

caching_rules rules(std::vector<field> of, bool authorized = false) {
  static constexpr std::string_view unkeyed[] = {"traceparent"};
  return read_caching_rules(fields(of), {authorized, unkeyed, then});
}
caching_rules control(std::string_view value, bool authorized = false) {
  return rules({{"Cache-Control", value}}, authorized);
}

TEST(Caching, LeavesItToTheReaderWhereTheAnswerSaysNothing) {
  const caching_rules r = rules({{"Content-Type", "text/plain"}});
  EXPECT_TRUE(r.reusable);
  EXPECT_EQ(r.fresh_for, std::nullopt);
  EXPECT_EQ(r.stale_if_error, std::nullopt);
  EXPECT_TRUE(r.may_be_stale);
}

TEST(Caching, KeepsNothingThatIsNotForOthers) {
  for (const auto* const value : {"no-store", "private", "no-cache", "max-age=5, PRIVATE",
                                  "private=\"set-cookie, x\", max-age=5", "No-Cache=\"x\"",
                                  "private=\"\\", "max-age=5, no-store=\"a"}) {
    EXPECT_FALSE(control(value).reusable) << value;
  }
  EXPECT_FALSE(rules({{"Set-Cookie", "a=b"}}).reusable);
  EXPECT_FALSE(rules({{"Cache-Control", "max-age=5"}, {"cache-control", "no-store"}}).reusable)
      << "each field of the name counts";
}

TEST(Caching, TakesNoDirectiveFromWithinQuotes) {
  EXPECT_TRUE(control("x=\"no-store, private\", max-age=5").reusable);
  EXPECT_TRUE(control("x=\"a\\\", no-store\"").reusable);
  EXPECT_EQ(control("x=\"a, max-age=1\", max-age=5").fresh_for, 5s);
}

TEST(Caching, KeepsNothingThatVariesByWhatIsNotInTheKey) {
  EXPECT_TRUE(rules({{"Vary", "Accept-Language, Accept"}}).reusable);
  EXPECT_FALSE(rules({{"Vary", "*"}}).reusable);
  EXPECT_FALSE(rules({{"Vary", "Accept"}, {"Vary", "accept-language , TraceParent"}}).reusable);
}

TEST(Caching, KeepsWhatWasAskedForWithCredentialsOnlyWhereItSaysSo) {
  EXPECT_FALSE(control("max-age=5", true).reusable);
  EXPECT_FALSE(rules({}, true).reusable);
  for (const auto* const value : {"public", "s-maxage=5", "max-age=5, must-revalidate"}) {
    EXPECT_TRUE(control(value, true).reusable) << value;
  }
  EXPECT_FALSE(control("public, private", true).reusable);
}

TEST(Caching, PrefersTheTimeForSharedCaches) {
  EXPECT_EQ(control("max-age=60, s-maxage=5").fresh_for, 5s);
  EXPECT_EQ(control("max-age = \"7\"").fresh_for, 7s) << "quoted";
  EXPECT_EQ(control("max-age=9, max-age=4").fresh_for, 4s) << "twice: the shorter";
  EXPECT_EQ(control("max-age=soon").fresh_for, 0s) << "unreadable: no time at all";
  EXPECT_EQ(control("max-age=-1").fresh_for, 0s);
  EXPECT_EQ(control("max-age=99999999999999999999999").fresh_for, 2'147'483'648s);
}

TEST(Caching, TakesTheAgeOff) {
  EXPECT_EQ(rules({{"Cache-Control", "max-age=60"}, {"Age", "50"}}).fresh_for, 10s);
  EXPECT_EQ(rules({{"Cache-Control", "max-age=60"}, {"Age", "70"}}).fresh_for, 0s);
  EXPECT_EQ(rules({{"Cache-Control", "max-age=60"}, {"Age", "old"}}).fresh_for, 60s);
}

TEST(Caching, ReadsExpiresWhereThereIsNoMaxAge) {
  const field expires{"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"};
  EXPECT_EQ(rules({expires}).fresh_for, 60s);
  EXPECT_EQ(rules({expires, {"Date", "Sun, 06 Nov 1994 08:50:00 GMT"}}).fresh_for, 37s)
      << "by the clock of the service";
  EXPECT_EQ(rules({expires, {"Cache-Control", "max-age=5"}}).fresh_for, 5s);
  EXPECT_EQ(rules({{"Expires", "0"}}).fresh_for, 0s);
  EXPECT_EQ(rules({{"Expires", "Sat, 05 Nov 1994 08:50:37 GMT"}}).fresh_for, 0s);
}

TEST(Caching, HearsWhatTheAnswerSaysOfStandingInForAFailure) {
  EXPECT_EQ(control("max-age=5, stale-if-error=60").stale_if_error, 60s);
  EXPECT_EQ(control("stale-if-error=x").stale_if_error, 0s);
  EXPECT_FALSE(control("max-age=5, must-revalidate").may_be_stale);
  EXPECT_EQ(control("must-revalidate, stale-if-error=60").stale_if_error, 0s);
  EXPECT_EQ(control("proxy-revalidate").stale_if_error, 0s);
  EXPECT_FALSE(control("s-maxage=5").may_be_stale);
  EXPECT_EQ(control("s-maxage=5, stale-if-error=60").stale_if_error, 60s);
}

TEST(Date, ReadsTheThreeFormsThereAre) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), then);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), then);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994"), then);
}

TEST(Date, ReadsNothingElse) {
  for (const auto* const text :
       {"", "0", "-1", "Sun, 06 Nov 1994 08:49:37 GMT+1", "Sun, 06 Nov 1994 08:49:37 CET",
        "tomorrow, perhaps, or later on"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

TEST(Date, ReadsWhatWeWrite) {
  date_line d;
  const std::string_view line = d.at(then);
  EXPECT_EQ(parse_date(line.substr(6, line.size() - 8)), then);
}

}  // namespace
}  // namespace weir::http
