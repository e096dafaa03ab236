// Every file of wrong/ is loaded, and what is told of it is compared, to the letter, with the file
// beside it. UPDATE_EXPECTED=1 writes those files anew, to be read before they are committed.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "unit/gateway/config/read_file.hpp"
#include "weir/gateway/config/load.hpp"

namespace weir::gateway::config {
namespace {

namespace fs = std::filesystem;

const fs::path directory = fs::current_path() / "test/unit/gateway/config/wrong";

std::optional<std::string> secrets(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> all{
      {"LISTEN", "nowhere"},
      {"TIMEOUT", "secret-value"},
      {"BAD_URL", "mailto:secret-value"},
      {"EMPTY", ""}};
  const auto found = all.find(name);
  if (found == all.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> files() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

class WrongFiles : public testing::TestWithParam<std::string> {};

TEST_P(WrongFiles, AreToldOfInTheseWords) {
  const fs::path expected = directory / (GetParam() + ".expected");
  const loaded l =
      load_text(GetParam() + ".yaml", test::read_file(directory / (GetParam() + ".yaml")), secrets);
  const std::string told = print(l.found, *l.what.from);
  if (std::getenv("UPDATE_EXPECTED") != nullptr) std::ofstream(expected, std::ios::binary) << told;
  EXPECT_EQ(told, test::read_file(expected));
  EXPECT_FALSE(told.empty());
  EXPECT_EQ(told.find("secret-value"), std::string::npos) << "a value of the environment is shown";
}

INSTANTIATE_TEST_SUITE_P(All, WrongFiles, testing::ValuesIn(files()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace weir::gateway::config
