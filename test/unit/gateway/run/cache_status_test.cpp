#include "weir/gateway/run/cache_status.hpp"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

using namespace std::chrono_literals;
using way = cache_note::way;

std::string line_of(const cache_status& s) {
  std::string out;
  s.append_line(out);
  return out;
}

TEST(CacheStatus, HasAMemberForEachStep) {
  cache_status s;
  EXPECT_TRUE(s.empty());
  s.add("products", {.how = way::hit, .ttl = 3900ms});
  s.add("stock", {.how = way::miss, .stored = true, .ttl = 5s});
  s.add("cart", {.how = way::miss});
  EXPECT_EQ(line_of(s),
            "Cache-Status: weir; hit; ttl=3; detail=products, "
            "weir; fwd=miss; stored; ttl=5; detail=stock, weir; fwd=miss; detail=cart\r\n");
}

TEST(CacheStatus, SaysWhatStoodInForWhichFailure) {
  cache_status s;
  s.add("a", {.how = way::was_stale, .stood_in = true, .failed_with = 503, .ttl = -1500ms});
  s.add("b", {.how = way::hit, .stood_in = true, .ttl = -1ms});
  s.add("c", {.how = way::was_stale, .joined = true, .stood_in = true, .ttl = 0s});
  EXPECT_EQ(line_of(s),
            "Cache-Status: weir; fwd=stale; fwd-status=503; ttl=-2; detail=a, "
            "weir; hit; ttl=-1; detail=b, weir; fwd=stale; collapsed; ttl=0; detail=c\r\n");
}

TEST(CacheStatus, GathersTheItemsOfAList) {
  cache_status s;
  for (int i = 0; i < 100; ++i)
    s.add("stock", {.how = way::hit, .ttl = std::chrono::seconds(i + 7)});
  s.add("stock", {.how = way::miss, .joined = true});
  s.add("other", {.how = way::hit, .ttl = 1s});
  EXPECT_EQ(line_of(s),
            "Cache-Status: weir; hit; ttl=7; detail=stock, "
            "weir; fwd=miss; collapsed; detail=stock, weir; hit; ttl=1; detail=other\r\n");
  s.clear();
  EXPECT_TRUE(s.empty());
}

}  // namespace
}  // namespace weir::gateway
