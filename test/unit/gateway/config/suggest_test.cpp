#include "weir/gateway/config/suggest.hpp"

#include <gtest/gtest.h>

namespace weir::gateway::config {
namespace {

TEST(EditDistance, CountsLettersAddedTakenChangedAndSwapped) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("timeout", "timeout"), 0u);
  EXPECT_EQ(edit_distance("timout", "timeout"), 1u);
  EXPECT_EQ(edit_distance("timeoutt", "timeout"), 1u);
  EXPECT_EQ(edit_distance("timeiut", "timeout"), 1u);
  EXPECT_EQ(edit_distance("tmieout", "timeout"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, GivesTheWordThatWasMeant) {
  const std::vector<std::string> words{"timeout", "retry", "breaker", "ca_file"};
  EXPECT_EQ(nearest("timout", words), "timeout");
  EXPECT_EQ(nearest("TIMEOUT", words), "timeout");
  EXPECT_EQ(nearest("retyr", words), "retry");
  EXPECT_EQ(nearest("ca", words), "ca_file");
}

TEST(Nearest, KeepsSilentWhereNothingIsNear) {
  const std::vector<std::string> words{"timeout", "retry"};
  EXPECT_EQ(nearest("banana", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest("x", words), "");
  EXPECT_EQ(nearest(std::string(1000, 't'), words), "");
}

TEST(OneOf, ReadsAsASentence) {
  const std::string_view three[] = {"a", "b", "c"};
  EXPECT_EQ(one_of(three), "`a`, `b` or `c`");
  const std::string_view one[] = {"a"};
  EXPECT_EQ(one_of(one), "`a`");
}

}  // namespace
}  // namespace weir::gateway::config
