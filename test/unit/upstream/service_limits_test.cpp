#include "weir/upstream/service_limits.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

TEST(ServiceLimits, KeepABulkheadAndItsPlacesOverAReload) {
  const auto before = std::make_shared<service_limits>(
      limit_settings{.bulkhead = bulkhead_options{.calls = 1}}, nullptr);
  const auto place = before->bulkhead()->try_acquire();
  ASSERT_TRUE(place);
  service_limits after({.bulkhead = bulkhead_options{.calls = 2}}, before);
  EXPECT_FALSE(after.bulkhead()->try_acquire()) << "not taken into use yet";
  after.commit();
  EXPECT_TRUE(after.bulkhead()->try_acquire());
  EXPECT_EQ(after.bulkhead()->look().in_use, 1u) << "the one before, the other given back";
}

TEST(ServiceLimits, ARefusedConfigurationChangesNothing) {
  const auto running = std::make_shared<service_limits>(
      limit_settings{.bulkhead = bulkhead_options{.calls = 1}}, nullptr);
  running->commit();
  {
    service_limits refused({.bulkhead = bulkhead_options{.calls = 9}}, running);
  }
  EXPECT_EQ(running->bulkhead()->options().calls, 1u);
}

TEST(ServiceLimits, KeepWhatHasTheSameOptions) {
  const limit_settings same{.bulkhead = {},
                            .adaptive = adaptive_limit_options{.most = 50},
                            .throttle = throttler_options{.factor = 3}};
  const auto before = std::make_shared<service_limits>(same, nullptr);
  service_limits after(same, before);
  EXPECT_EQ(*after.adaptive(), *before->adaptive());
  EXPECT_EQ(*after.throttle(), *before->throttle());
  limit_settings other = same;
  other.throttle->factor = 4;
  other.adaptive.reset();
  service_limits changed(other, before);
  EXPECT_FALSE(changed.adaptive());
  EXPECT_FALSE(*changed.throttle() == *before->throttle());
}

TEST(ServiceLimits, AHedgeKeepsWhatItKnowsOfLatencyByTheNameOfTheCall) {
  const retry_budget budget;
  const hedge_options options{.after = 50ms, .attempts = 2, .budget = budget};
  const auto before = std::make_shared<service_limits>(limit_settings{}, nullptr);
  const layer_ptr first = as_layer(before->hedge_of("GET /a x", options));
  EXPECT_EQ(as_layer(before->hedge_of("GET /a x", options)), first);
  service_limits after({}, before);
  EXPECT_EQ(as_layer(after.hedge_of("GET /a x", options)), first);
  EXPECT_NE(as_layer(after.hedge_of("GET /a y", options)), first);
  hedge_options later = options;
  later.after = 60ms;
  service_limits changed({}, before);
  EXPECT_NE(as_layer(changed.hedge_of("GET /a x", later)), first);
}

}  // namespace
}  // namespace weir::upstream
