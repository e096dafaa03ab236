#include "weir/io/address_cache.hpp"

#include <gtest/gtest.h>

namespace weir::io {
namespace {

using namespace std::chrono_literals;

constexpr time_point start = manual_clock::start;

std::vector<address> one() {
  return {*address::parse("10.0.0.1", 0)};
}

TEST(AddressCache, KeepsANameForItsLife) {
  address_cache cache;
  cache.keep("shop", one(), 30s, start);
  ASSERT_NE(cache.find("shop", start + 30s - 1ns), nullptr);
  EXPECT_EQ(cache.find("shop", start + 30s - 1ns)->front().ip(), "10.0.0.1");
  EXPECT_EQ(cache.find("shop", start + 30s), nullptr);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(AddressCache, BoundsALifeToBetweenASecondAndFiveMinutes) {
  address_cache cache;
  cache.keep("short", one(), 0s, start);
  cache.keep("long", one(), 24h, start);
  EXPECT_NE(cache.find("short", start + 999ms), nullptr);
  EXPECT_EQ(cache.find("short", start + 1s), nullptr);
  EXPECT_NE(cache.find("long", start + 299s), nullptr);
  EXPECT_EQ(cache.find("long", start + 300s), nullptr);
}

TEST(AddressCache, HoldsABoundedNumberOfNamesAndDropsTheDeadFirst) {
  address_cache cache;
  cache.keep("alive", one(), 100s, start);
  for (std::size_t i = 1; i < address_cache::most_names; ++i)
    cache.keep("dead" + std::to_string(i), one(), 1s, start);
  EXPECT_EQ(cache.size(), address_cache::most_names);
  cache.keep("new", one(), 100s, start + 2s);
  EXPECT_EQ(cache.size(), 2U);
  for (std::size_t i = 0; i < 2 * address_cache::most_names; ++i)
    cache.keep("more" + std::to_string(i), one(), 100s, start + 2s);
  EXPECT_EQ(cache.size(), address_cache::most_names);
}

}  // namespace
}  // namespace weir::io
