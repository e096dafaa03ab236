// Runs every example of docs/expressions.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "evaluation_support.hpp"

namespace weir::gateway::expression {
namespace {

std::string read_page() {
  auto root = std::filesystem::current_path();
  while (!std::filesystem::exists(root / "docs" / "expressions.md") && root.has_relative_path()) {
    root = root.parent_path();
  }
  std::ifstream file(root / "docs" / "expressions.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string without_backslashes_of_tables(std::string_view cell) {
  std::string out;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (cell[i] == '\\' && i + 1 < cell.size() && cell[i + 1] == '|') continue;
    out += cell[i];
  }
  return out;
}

struct example {
  std::string expression;
  std::string gives;
  std::size_t line;
};

// Rows "| `expression` | `result` |" or "| `expression` | error: message |" of the tables that are
// headed so.
std::vector<example> examples_of(const std::string& page) {
  std::vector<example> all;
  std::istringstream lines(page);
  bool in_table = false;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line == "| expression | gives |") {
      in_table = true;
      continue;
    }
    if (!line.starts_with("| `")) {
      in_table = in_table && line.starts_with("| ---");
      continue;
    }
    if (!in_table) continue;
    const auto cut = line.find("` | ");
    auto gives = line.substr(cut + 4, line.size() - cut - 6);
    if (gives.starts_with('`')) gives = gives.substr(1, gives.size() - 2);
    all.push_back({without_backslashes_of_tables(line.substr(3, cut - 3)), gives, number});
  }
  return all;
}

TEST(ExpressionDocument, EveryExampleGivesWhatThePageSays) {
  const auto page = read_page();
  const auto begin = page.find("```json\n") + 8;
  const auto document = page.substr(begin, page.find("```", begin) - begin);
  const auto examples = examples_of(page);
  ASSERT_GT(examples.size(), 100u);
  for (const auto& [expression, gives, line] : examples) {
    EXPECT_EQ(over(document, expression), gives) << "line " << line << ": " << expression;
  }
}

}  // namespace
}  // namespace weir::gateway::expression
