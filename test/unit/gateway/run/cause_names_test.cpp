#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/reply/cause.hpp"

namespace weir::gateway {
namespace {

TEST(CauseNames, AreTheSameInConfigurationsAsInErrors) {
  const auto known = config::cause_names();
  std::size_t all = 0;
  for (int i = static_cast<int>(cause::connect_refused); i <= static_cast<int>(cause::internal);
       ++i) {
    const std::string_view name = to_string(static_cast<cause>(i));
    EXPECT_EQ(std::count(known.begin(), known.end(), name), 1) << name;
    ++all;
  }
  EXPECT_EQ(known.size(), all);
}

}  // namespace
}  // namespace weir::gateway
