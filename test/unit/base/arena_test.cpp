#include "weir/base/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir {
namespace {

TEST(Arena, AlignsWhatItGives) {
  arena a;
  a.allocate(1, 1);
  for (const std::size_t align : {1U, 2U, 8U, 16U, 64U, 4096U}) {
    const auto at = reinterpret_cast<std::uintptr_t>(a.allocate(3, align));
    EXPECT_EQ(at % align, 0U) << align;
  }
}

TEST(Arena, KeepsCopiesUntilItIsReset) {
  arena a(256);
  std::vector<std::string_view> views;
  for (int i = 0; i < 1000; ++i) views.push_back(a.copy("text " + std::to_string(i)));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(views[i], "text " + std::to_string(i));
  EXPECT_TRUE(a.copy("").empty());
}

TEST(Arena, KeepsOneBlockWhenItIsReset) {
  arena a(1024);
  for (int i = 0; i < 100; ++i) a.allocate(100);
  a.allocate(100'000);
  EXPECT_GT(a.reserved(), 100'000U);
  a.reset();
  EXPECT_EQ(a.reserved(), 1024U);
  for (int i = 0; i < 9; ++i) a.allocate(100);
  EXPECT_EQ(a.reserved(), 1024U);
}

TEST(Arena, HoldsAPieceLargerThanItsBlocks) {
  arena a(128);
  auto* const small = static_cast<char*>(a.allocate(8));
  const auto large = a.make_array<int>(10'000);
  EXPECT_EQ(large[9'999], 0);
  auto* const next = static_cast<char*>(a.allocate(8));
  EXPECT_LT(next - small, 128) << "the block in use goes on being filled";
}

TEST(Arena, RefusesASizeThatOverflows) {
  arena a;
  EXPECT_THROW(a.make_array<std::uint64_t>(SIZE_MAX / 4), std::bad_array_new_length);
  EXPECT_THROW(a.allocate(SIZE_MAX - 3), std::bad_alloc);
}

TEST(Arena, MovesWithWhatItHolds) {
  arena a;
  const auto text = a.copy("kept");
  arena b = std::move(a);
  EXPECT_EQ(text, "kept");
  EXPECT_EQ(a.reserved(), 0U);  // NOLINT: a moved-from arena is empty and usable
  EXPECT_EQ(a.copy("again"), "again");
  a = std::move(b);
  EXPECT_EQ(text, "kept");
}

TEST(Arena, ServesContainers) {
  arena a;
  std::vector<int, arena_allocator<int>> v{arena_allocator<int>(a)};
  for (int i = 0; i < 1000; ++i) v.push_back(i);
  EXPECT_EQ(v[999], 999);
  struct point {
    int x, y;
  };
  EXPECT_EQ((a.make<point>(1, 2)->y), 2);
}

}  // namespace
}  // namespace weir
