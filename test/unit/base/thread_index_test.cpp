#include "weir/base/thread_index.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <set>
#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(ThreadIndex, StaysTheSameForAThread) {
  EXPECT_EQ(thread_index(), thread_index());
}

TEST(ThreadIndex, IsDifferentForThreadsThatLiveTogether) {
  constexpr int count = 8;
  std::barrier all_have_one(count);
  std::vector<std::uint32_t> seen(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      seen[static_cast<std::size_t>(i)] = thread_index();
      all_have_one.arrive_and_wait();
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), count);
}

TEST(ThreadIndex, IsGivenAgainAfterAThreadEnds) {
  thread_index();
  std::uint32_t first = 0, second = 0;
  std::thread([&] { first = thread_index(); }).join();
  std::thread([&] { second = thread_index(); }).join();
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace weir
