#include <gtest/gtest.h>

#include "parse_support.hpp"

namespace weir::json {
namespace {

TEST(JsonParser, HoldsTheDepthLimitToTheLevel) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_FALSE(parsed(nested(512)).error);
  const parsed deeper(nested(513));
  ASSERT_TRUE(deeper.error);
  EXPECT_EQ(deeper.error->offset, 512u);
  EXPECT_EQ(deeper.error->reason, "nested too deep");
  EXPECT_FALSE(parsed("[[1],[2],[3]]", {.depth = 2}).error);
  EXPECT_TRUE(parsed(R"([{"a":[1]}])", {.depth = 2}).error);
  EXPECT_FALSE(parsed("1", {.depth = 0}).error);
}

TEST(JsonParser, RefusesTenThousandOpenBracketsInBoundedMemory) {
  const std::string brackets(10'000, '[');
  const parsed document(brackets);
  ASSERT_TRUE(document.error);
  EXPECT_EQ(document.error->reason, "nested too deep");
  EXPECT_LT(document.memory.reserved(), 200'000u);
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += R"({"a":)";
  EXPECT_TRUE(parsed(objects).error);
}

TEST(JsonParser, RefusesWhatIsLargerThanTheLimit) {
  EXPECT_FALSE(parsed("[1,2]", {.bytes = 5}).error);
  EXPECT_TRUE(parsed("[1,2]", {.bytes = 4}).error);
}

TEST(JsonParser, ReadsManyDocumentsOneAfterAnother) {
  parser reader;
  arena memory;
  for (std::size_t length = 1; length < 300; ++length) {
    memory.reset();
    const std::string text = "[" + std::string(length, '7') + "]";
    const auto root = reader.parse(text, memory);
    ASSERT_TRUE(root);
    EXPECT_EQ(root->at(0).raw(), std::string(length, '7'));
    EXPECT_FALSE(reader.parse("[" + text, memory));
  }
}

TEST(JsonParser, ReadsOneBeyondWhatItsIndexKeeps) {
  parser reader;
  arena memory;
  const std::string large = "[" + std::string(3 << 20, ' ') + "1]";
  ASSERT_TRUE(reader.parse(large, memory));
  ASSERT_TRUE(reader.parse("[2]", memory));
  std::string wide = "[0";
  for (int i = 0; i < 400'000; ++i) wide += ",0";
  const auto root = reader.parse(wide + "]", memory);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->size(), 400'001u);
}

TEST(JsonParser, LocatesAnOffsetByLineAndCodePoint) {
  const std::string_view text = "{\n  \"\xC3\xA9\": x\n}";
  const auto at = locate(text, text.find('x'));
  EXPECT_EQ(at.line, 2u);
  EXPECT_EQ(at.column, 8u);
  EXPECT_EQ(locate(text, 0).line, 1u);
  EXPECT_EQ(locate(text, 0).column, 1u);
}

}  // namespace
}  // namespace weir::json
