#include <gtest/gtest.h>

#include <string>

#include "unit/sharing/process.hpp"
#include "unit/sharing/redis_keys.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

using test::meet;
using test::partner;
using test::process;
using test::soon;

// Its keys hold what pybreaker 1.4.1 reads and writes (test/conformance/pybreaker has the original
// itself).
const circuit_sharing with_python{.how = circuit_sharing::kind::pybreaker, .space = "shop"};

TEST(SharedWithPybreaker, KeepsItsKeysAsTheOriginalDoes) {
  test::redis_server server;
  test::redis_keys keys(server);
  process a(server, partner(), with_python);
  ASSERT_TRUE(soon([&] { return keys.get("shop:pybreaker:state") == "closed"; }));
  EXPECT_EQ(keys.get("shop:pybreaker:success_counter"), "0");
  a.fail();
  EXPECT_TRUE(soon([&] { return keys.get("shop:pybreaker:fail_counter") == "1"; }));
  a.succeed();
  EXPECT_TRUE(soon([&] { return keys.get("shop:pybreaker:fail_counter") == "0"; }));
  for (int i = 0; i < 3; ++i) a.fail();
  EXPECT_TRUE(soon([&] { return keys.get("shop:pybreaker:state") == "open"; }));
  EXPECT_EQ(keys.get("shop:pybreaker:fail_counter"), "3");
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch());
  EXPECT_NEAR(std::stod(keys.get("shop:pybreaker:opened_at")), static_cast<double>(seconds.count()),
              5);
}

TEST(SharedWithPybreaker, TakesInWhatTheOriginalWrites) {
  test::redis_server server;
  test::redis_keys keys(server);
  process a(server, partner(), with_python);
  ASSERT_TRUE(soon([&] { return keys.get("shop:pybreaker:state") == "closed"; }));
  keys.set("shop:pybreaker:fail_counter", "2");
  EXPECT_TRUE(soon([&] { return a.failures() == 2; }));
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch());
  keys.set("shop:pybreaker:opened_at", std::to_string(seconds.count()));
  keys.set("shop:pybreaker:fail_counter", "3");
  keys.set("shop:pybreaker:state", "open");
  EXPECT_TRUE(soon([&] { return a.state() == circuit_mode::open && a.failures() == 3; }));
  keys.set("shop:pybreaker:fail_counter", "0");
  keys.set("shop:pybreaker:state", "closed");
  EXPECT_TRUE(soon([&] { return a.state() == circuit_mode::closed && a.failures() == 0; }));
}

// Milliseconds where seconds should be; what no clock says.
TEST(SharedWithPybreaker, AnInstantFarAheadKeepsItOpenForItsTimeAndOneLongAgoLetsAProbeGo) {
  for (const char* const ahead : {"9999999999999", "1e300", "nan"}) {
    test::redis_server server;
    test::redis_keys keys(server);
    keys.set("shop:pybreaker:opened_at", ahead);
    keys.set("shop:pybreaker:state", "open");
    process a(server, partner(), with_python);
    ASSERT_TRUE(soon([&] { return a.state() == circuit_mode::open; })) << ahead;
    const duration left = a.breaker.snapshot().time_to_probe;
    EXPECT_GT(left, 50s) << ahead;
    EXPECT_LE(left, 60s) << ahead;
  }
  for (const char* const ago : {"-9999999999999", "-1e300", "0"}) {
    test::redis_server server;
    test::redis_keys keys(server);
    keys.set("shop:pybreaker:opened_at", ago);
    keys.set("shop:pybreaker:state", "open");
    process a(server, partner(), with_python);
    EXPECT_TRUE(soon([&] { return a.state() == circuit_mode::half_open; })) << ago;
  }
}

}  // namespace
}  // namespace weir
