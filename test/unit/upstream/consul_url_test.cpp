#include "weir/upstream/consul_url.hpp"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

TEST(ConsulUrl, IsReadAsPeopleWriteIt) {
  const auto plain = parse_consul_url("http://127.0.0.1:8500");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8500);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->authority, "127.0.0.1:8500");
  const auto bare = parse_consul_url("consul.example");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->host, "consul.example");
  EXPECT_EQ(bare->port, 8500);
  const auto secure = parse_consul_url("https://[::1]/");
  ASSERT_TRUE(secure);
  EXPECT_EQ(secure->host, "::1");
  EXPECT_EQ(secure->port, 8501);
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->authority, "[::1]");
}

TEST(ConsulUrl, SaysWhatIsWrongWithIt) {
  for (const char* wrong :
       {"", "http://", "ftp://127.0.0.1", "http://a:b", "http://a:0", "http://a:70000",
        "http://a/v1", "http://u@a", "http://[::1", "http://[::1]x"}) {
    const auto read = parse_consul_url(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_NE(read.error().find("http://127.0.0.1:8500"), std::string::npos) << "shows how";
  }
}

}  // namespace
}  // namespace weir::upstream
