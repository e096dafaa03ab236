// docs/configuration.md says what is true: its examples are sound, its reference is the tables'.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "unit/gateway/config/read_file.hpp"
#include "weir/gateway/config/load.hpp"
#include "weir/gateway/config/schema.hpp"
#include "weir/json/parser.hpp"

namespace weir::gateway::config {
namespace {

const std::filesystem::path root = std::filesystem::current_path();
const std::filesystem::path page = root / "docs" / "configuration.md";

TEST(Documentation, HoldsTheReferenceOfTheTables) {
  const std::string begin = "<!-- reference: begin -->\n";
  const std::string end = "<!-- reference: end -->";
  std::string text = test::read_file(page);
  const std::size_t from = text.find(begin) + begin.size();
  const std::size_t to = text.find(end);
  ASSERT_LT(from, text.size());
  ASSERT_LE(from, to);
  if (std::getenv("UPDATE_EXPECTED") != nullptr) {
    text.replace(from, to - from, reference());
    std::ofstream(page, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text.substr(from, to - from), reference())
      << "run the tests once with UPDATE_EXPECTED=1";
}

TEST(Documentation, ShowsSoundExamplesAlone) {
  const std::string text = test::read_file(page);
  const std::string fence = "```yaml\n";
  std::size_t examples = 0;
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    const std::string example = text.substr(at, text.find("```", at) - at);
    const loaded l = load_text("example " + std::to_string(++examples), example,
                               [](std::string_view) { return std::nullopt; });
    EXPECT_TRUE(l.ok()) << print(l.found, *l.what.from);
  }
  EXPECT_GE(examples, 4u);
}

TEST(Documentation, TellsOfEveryKeyAndNeverTwiceInOneTable) {
  const std::string all = reference();
  for (const char* key : {"`listen`", "`trip`", "`close_after`", "`max_items`", "`idle_timeout`",
                          "`header_files`", "`trusted_proxies`", "`content_type`"}) {
    EXPECT_NE(all.find(std::string("| ") + key), std::string::npos) << key;
  }
}

TEST(Schema, IsJson) {
  json::parser parser;
  arena memory;
  const std::string schema = json_schema();
  const auto parsed = parser.parse(schema, memory);
  ASSERT_TRUE(parsed) << parsed.error().reason;
  const auto definitions = parsed->find("definitions");
  ASSERT_TRUE(definitions);
  for (const char* name : {"configuration", "service", "step", "route", "route_group", "trip"}) {
    EXPECT_TRUE(definitions.find(name)) << name;
  }
  EXPECT_TRUE(definitions.find("service").find("properties").find("timeout"));
}

}  // namespace
}  // namespace weir::gateway::config
