#include "weir/io/address.hpp"

#include <gtest/gtest.h>

namespace weir::io {
namespace {

TEST(Address, ReadsAndPrintsBothFamilies) {
  EXPECT_EQ(address::parse("127.0.0.1", 80)->to_string(), "127.0.0.1:80");
  EXPECT_EQ(address::parse("::1", 8080)->to_string(), "[::1]:8080");
  EXPECT_EQ(address::parse("[2001:db8::2]", 443)->ip(), "2001:db8::2");
  EXPECT_EQ(address::parse("10.1.2.3", 65535)->port(), 65535);
}

TEST(Address, RefusesWhatIsNoNumericAddress) {
  for (const char* text : {"", "localhost", "127.0.0.1:80", "1.2.3", "256.0.0.1", "::1%", "[::1",
                           "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"})
    EXPECT_FALSE(address::parse(text, 80)) << text;
}

TEST(Address, KnowsLoopback) {
  EXPECT_TRUE(address::parse("127.9.9.9", 1)->is_loopback());
  EXPECT_TRUE(address::parse("::1", 1)->is_loopback());
  EXPECT_TRUE(address::parse("::ffff:127.0.0.1", 1)->is_loopback());
  EXPECT_FALSE(address::parse("128.0.0.1", 1)->is_loopback());
  EXPECT_FALSE(address::parse("::2", 1)->is_loopback());
}

TEST(Address, ComparesByAddressAndPort) {
  EXPECT_EQ(address::parse("::1", 1), address::parse("0:0::1", 1));
  EXPECT_NE(address::parse("::1", 1), address::parse("::1", 2));
  EXPECT_NE(address::parse("1.2.3.4", 1), address::parse("1.2.3.5", 1));
  EXPECT_NE(address::parse("1.2.3.4", 1), address::parse("::ffff:1.2.3.4", 1));
}

TEST(Address, OfNothingPrintsNothing) {
  EXPECT_EQ(address().to_string(), "");
  EXPECT_EQ(address().port(), 0);
}

}  // namespace
}  // namespace weir::io
