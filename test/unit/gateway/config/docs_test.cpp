// What the pages say of configurations is true: their examples are sound, the reference is the
// tables'.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

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

// The pages that show whole configurations.
std::vector<std::filesystem::path> pages() {
  std::vector<std::filesystem::path> found = {root / "README.md", root / "README.ru.md"};
  for (const auto& entry : std::filesystem::directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

TEST(Documentation, ShowsSoundExamplesAlone) {
  const std::string fence = "```yaml\n";
  std::size_t examples = 0;
  for (const std::filesystem::path& shown : pages()) {
    const std::string text = test::read_file(shown);
    for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
      // What is quoted of a file of examples/ may be a part of it; that file is checked as a whole.
      const bool quoted = text.substr(0, at).ends_with(" -->\n");
      at += fence.size();
      const std::string example = text.substr(at, text.find("```", at) - at);
      if (quoted && example.find("routes:") == std::string::npos) continue;
      ++examples;
      const std::string name = shown.filename().string() + " " + std::to_string(examples);
      const loaded l = load_text(name, example, [](std::string_view) { return std::nullopt; });
      EXPECT_TRUE(l.ok()) << print(l.found, *l.what.from);
    }
  }
  EXPECT_GE(examples, 20u);
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
