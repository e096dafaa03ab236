#include "weir/gateway/admin/admin.hpp"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

TEST(ReloadStatusTest, ARefusedReloadPassedForTakenWhenTheWorkersFinishedTheOneBefore) {
  reload_status status;
  const std::uint64_t first = status.failures;
  status.refused();  // the second, while the first is on its way to the workers
  status.taken(first, 17);
  EXPECT_FALSE(status.last_succeeded);
  EXPECT_EQ(status.last_success, 17);
  EXPECT_EQ(status.failures, 1u);
}

TEST(ReloadStatusTest, OneThatIsTakenAfterARefusedOneIsASuccess) {
  reload_status status;
  status.refused();
  status.taken(status.failures, 17);
  EXPECT_TRUE(status.last_succeeded);
}

TEST(ReloadStatusTest, OneThatIsRefusedAfterARefusedOneIsNone) {
  reload_status status;
  status.refused();
  status.taken(status.failures, 17);
  status.refused();
  EXPECT_FALSE(status.last_succeeded);
  EXPECT_EQ(status.failures, 2u);
}

}  // namespace
}  // namespace weir::gateway
